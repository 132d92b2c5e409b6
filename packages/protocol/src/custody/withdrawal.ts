/**
 * An owner's withdrawal of a manifest: signatures over the manifest itself. It has no anchor, for its signers may need days, and can be
 * obeyed once only: nothing is gained by showing it again.
 */
import { type Infer, type ManifestHash, SchemaError, type VaultId, fromCbor, s, toCbor } from '../primitives/index.ts'
import type { HeldManifest, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { isLetBe, settingOf } from './fate.ts'
import { MAX_OWNER_KEYS } from './limits.ts'
import { type Manifest, type OwnerSignature, ownerSignature, signedByOwner } from './manifest.ts'

const withdrawal = s.list(ownerSignature, MAX_OWNER_KEYS, 1)
type Withdrawal = Infer<typeof withdrawal>

export function encodeWithdrawal(value: Withdrawal): Uint8Array {
  return toCbor(withdrawal, value)
}

/** By the enrolment keys of the generation before it, whichever is active by now; by its own where it is the first. */
export function isWithdrawnBy(turn: Turn, vault: Vault, held: HeldManifest, signatures: readonly OwnerSignature[]): boolean {
  const { enrol } = manifestBefore(vault, held.hash)?.owner ?? held.manifest.owner
  return signedByOwner(turn.ports, 'withdraw', held.signed.bytes, signatures, enrol)
}

/** The manifest that the one of this hash is to follow; undefined where it is the first, or not held. */
export function manifestBefore({ manifests }: Pick<Vault, 'manifests'>, hash: ManifestHash): Manifest | undefined {
  const previous = manifests.find((one) => one.hash === hash)?.manifest.previous ?? null
  return previous === null ? undefined : manifests.find((one) => one.hash === previous)?.manifest
}

/** What came beside a member's word. One that does not hold is no fault of its sender's: anybody may have put it there. */
export function withdrawalShown(turn: Turn, vault: Vault, held: HeldManifest, bytes: Uint8Array): Withdrawal | null {
  const signatures = readWithdrawal(bytes)
  return signatures !== null && isWithdrawnBy(turn, vault, held, signatures) ? signatures : null
}

/** Kept to be handed on. It counts by itself where the manifest is not active yet. */
export function takeWithdrawal(turn: Turn, vault_id: VaultId, held: HeldManifest, signatures: Withdrawal): void {
  if (held.withdrawal === null) turn.record({ record: 'withdrawal-held', vault_id, hash: held.hash, signatures })
  if (held.withdrawn || held.activated_height !== null || isLetBe(held, settingOf(turn))) return
  turn.record({ record: 'manifest-withdrawn', vault_id, hash: held.hash })
  turn.tell({ level: 'warn', event: 'manifest-withdrawn', vault_id, manifest_hash: held.hash })
}

function readWithdrawal(bytes: Uint8Array): Withdrawal | null {
  try {
    return fromCbor(withdrawal, bytes)
  } catch (error) {
    if (error instanceof SchemaError) return null
    throw error
  }
}
