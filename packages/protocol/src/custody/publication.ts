/**
 * The owner's publication of a manifest's receipts, which is what activates it, and members' word of it. A member that was down
 * when the owner came has it from the others: from more of them than may lie, of whom one had it from the owner.
 */
import { type Frame, encodeFrame } from '../messages/frame.ts'
import type { Receipt } from '../messages/receipt.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { MemberIndex, VaultId } from '../primitives/index.ts'
import type { HeldManifest, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'

/** From here on it may be activated, and I say so to members that were down. */
export function completeBundle(turn: Turn, vault_id: VaultId, held: HeldManifest): void {
  if (held.bundle_height !== null) return
  turn.record({ record: 'bundle-complete', vault_id, hash: held.hash })
  const { self } = turn.config
  const { generation } = held.manifest
  const frame = turn.sign('receipt', { statement: 'published', vault_id, generation, manifest_hash: held.hash })
  turn.record({ record: 'publication-held', vault_id, hash: held.hash, member: self, frame: encodeFrame(frame) })
  turn.gossip(frame)
}

/** Another member says that the owner published a manifest that I hold too. */
export function onPublished(
  turn: Turn,
  from: MemberIndex,
  { vault_id, manifest_hash, generation }: Extract<Receipt, { statement: 'published' }>,
  frame: Frame,
): VerdictCode {
  const held = turn.durable.vaults.get(vault_id)?.manifests.find(({ hash }) => hash === manifest_hash)
  if (!held) return 'unknown-manifest'
  if (held.manifest.generation !== generation) return 'wrong-generation'
  if (held.published.has(from)) return 'known'
  turn.record({ record: 'publication-held', vault_id, hash: manifest_hash, member: from, frame: encodeFrame(frame) })
  return 'accepted'
}

/** Asked when a receipt or a member's word of it comes, and at each block. */
export function completeBundlesHeard(turn: Turn, vault_id: VaultId, { manifests }: Vault): void {
  const { b, thresholds } = turn.config.federation
  for (const held of manifests) {
    const isEnded = held.withdrawn || held.cancelled || held.bundle_height !== null
    if (!isEnded && held.published.size > b && held.receipts.size >= thresholds.clawback.protected) completeBundle(turn, vault_id, held)
  }
}
