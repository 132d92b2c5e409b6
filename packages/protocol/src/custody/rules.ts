/** What must hold of a manifest before a member looks at its shares: static rules first, then those of superseding. */
import type { Hasher, Verifier } from '../crypto/index.ts'
import type { Federation } from '../federation/index.ts'
import type { HeldManifest, Vault } from '../state/durable.ts'
import { envelopeIdOf } from './commitments.ts'
import { type EnrolmentKeys, type Manifest, type Rung, type SignedManifest, envelopesOf, rungsOf, signedByOwner, vaultIdOf } from './manifest.ts'
import type { RefusalCode } from './refusal.ts'

export const MIN_CSV = { regtest: 12, elsewhere: 144 } as const
/** Blocks in which any owner key may still cancel a waiting generation; regtest may lower it to 1. */
export const MIN_ACTIVATION_DELAY = { regtest: 1, elsewhere: 144 } as const

/** Rules of the manifest alone, in this federation. Null where all hold. */
export function checkManifest(hasher: Hasher, federation: Federation, value: Manifest): RefusalCode | null {
  if (value.lock_hash !== federation.lock_hash) return 'wrong-lock'
  if (value.epoch !== federation.epoch) return 'wrong-epoch'
  if (value.vault_id !== vaultIdOf(hasher, value.deposit.outpoint, value.owner.root)) return 'wrong-vault-id'
  const { enrol, root } = value.owner
  if (new Set(enrol.keys).size !== enrol.keys.length || enrol.k > enrol.keys.length) return 'enrolment-keys-unsound'
  if (!enrol.keys.includes(root)) return 'root-not-among-enrolment-keys'
  const { panic } = value.owner
  if (new Set(panic.keys).size !== panic.keys.length || panic.k > panic.keys.length) return 'panic-keys-unsound'
  const network = federation.network === 'regtest' ? 'regtest' : 'elsewhere'
  if (value.csv < MIN_CSV[network]) return 'csv-too-short'
  if (value.activation_delay < MIN_ACTIVATION_DELAY[network]) return 'activation-delay-too-short'
  if (!areLaddersSound(value)) return 'ladder-unsound'
  if (!areSharesComplete(federation, value)) return 'shares-incomplete'
  if (!areEnvelopeIdsRight(hasher, value)) return 'envelope-id-wrong'
  return null
}

function areLaddersSound(value: Manifest): boolean {
  const ladders = [...value.unvaults.map(({ clawback }) => clawback), value.emergency, value.dead_man]
  const rises = (ladder: readonly Rung[]) =>
    ladder.every((rung, index) => index === 0 || rung.feerate > (ladder[index - 1]?.feerate ?? 0))
  const rungs = [...rungsOf(value), ...value.dead_man]
  const txids = [...value.unvaults, ...rungs].map(({ txid }) => txid)
  // With dead-man rungs alone a theft can be told, if not undone.
  return rungs.length > 0 && ladders.every(rises) && new Set(txids).size === txids.length
}

/** Every member has one share of every envelope; no two have the same x, or t of them could be fewer than t points. */
function areSharesComplete(federation: Federation, value: Manifest): boolean {
  return envelopesOf(value).every(({ shares }) => {
    const members = shares.map(({ member }) => member)
    const everyMember = federation.members.every(({ index }, at) => members[at] === index)
    return everyMember && members.length === federation.members.length && new Set(shares.map(({ x }) => x)).size === shares.length
  })
}

/** What a manifest has envelopes for. */
export interface EnvelopePlaces {
  readonly unvaults: readonly {
    readonly clawback: readonly unknown[]
    readonly anyone_can_pay?: unknown
    readonly anchored?: unknown
  }[]
  readonly emergency: readonly unknown[]
  readonly dead_man?: readonly unknown[]
}

/** Labels say an envelope's place, in the order of envelopesOf. */
export function envelopeLabels({ unvaults, emergency, dead_man = [] }: EnvelopePlaces): string[] {
  return [
    ...unvaults.flatMap(({ clawback, anyone_can_pay, anchored }, variant) => [
      ...clawback.map((_, rung) => `clawback-${variant}-${rung}`),
      ...(anyone_can_pay ? [`anyone-can-pay-${variant}`] : []),
      ...(anchored ? [`anchored-${variant}`] : []),
    ]),
    ...emergency.map((_, rung) => `emergency-${rung}`),
    ...dead_man.map((_, rung) => `dead-man-${rung}`),
    'drill',
  ]
}

function areEnvelopeIdsRight(hasher: Hasher, value: Manifest): boolean {
  const labels = envelopeLabels(value)
  const { vault_id, generation } = value
  return envelopesOf(value).every(({ envelope_id, key_hash }, index) => {
    const label = labels[index] ?? ''
    return envelope_id === envelopeIdOf(hasher, { vault_id, generation, label, key_hash })
  })
}

/**
 * A manifest is never a way to disarm a vault: generations rise by one from the active manifest, under the enrolment keys
 * of that one, and a generation has one manifest unless the first was withdrawn.
 */
export function checkSuperseding(
  ports: Hasher & Verifier,
  vault: Vault | undefined,
  value: Manifest,
  signed: SignedManifest,
): RefusalCode | null {
  const active = vault?.manifests.find(({ hash }) => hash === vault.active)
  const enrol = active?.manifest.owner.enrol ?? value.owner.enrol
  if (!signedByOwner(ports, 'manifest', signed.bytes, signed.signatures, enrol)) return 'signatures-missing'
  if (value.generation !== (active?.manifest.generation ?? 0) + 1) return 'generation-not-next'
  if (value.previous !== (vault?.active ?? null)) return 'previous-differs'
  if (vault && rivalOf(vault, value.generation)) return 'generation-taken'
  return null
}

/**
 * A renewal in a new epoch follows no manifest there. Where this node has the one of an earlier epoch, its enrolment keys are
 * asked, too: whoever has the root key alone shall not take the place of generation 1.
 */
export function checkEarlier(ports: Hasher & Verifier, value: Manifest, signed: SignedManifest, earlier: EnrolmentKeys | null): RefusalCode | null {
  if (value.previous !== null || earlier === null) return null
  return signedByOwner(ports, 'manifest', signed.bytes, signed.signatures, earlier) ? null : 'earlier-keys-missing'
}

/** A manifest of this generation that is held and not withdrawn. */
export function rivalOf(vault: Vault, generation: number): HeldManifest | undefined {
  return vault.manifests.find(({ manifest, withdrawn }) => manifest.generation === generation && !withdrawn)
}
