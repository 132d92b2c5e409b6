/** Tells once where too few members hold a vault for its recovery to work whatever b of them do, and once when enough do. */
import { finalSpend } from '../incident/trigger.ts'
import type { VaultId } from '../primitives/index.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { depositState } from './funding.ts'

/** An owner's client asks member after member, and again where one was down: an hour's blocks are enough for it. */
export const PROTECTED_WITHIN_BLOCKS = 6

/** Asked at each block. What was told is forgotten at a restart, after which a vault that is still held by too few is told again. */
export function watchProtection(turn: Turn, vault_id: VaultId, vault: Vault): void {
  const { unprotected } = turn.volatile
  const is_told = unprotected.has(vault_id)
  const held_by = membersShort(turn, vault_id, vault)
  if ((held_by !== null) === is_told) return
  if (held_by === null) {
    unprotected.delete(vault_id)
    // Of a coin that has left there is nothing to say.
    if (finalSpend(vault) === null) turn.tell({ level: 'info', event: 'vault-protected', vault_id })
    return
  }
  unprotected.set(vault_id, true)
  const { clawback } = turn.config.federation.thresholds
  turn.tell({ level: 'error', event: 'vault-unprotected', vault_id, detail: `held by ${held_by} members, ${clawback.protected} needed` })
}

/** The most members whose receipts I have of one manifest, where those are too few; null where they are not, or where that matters to no coin yet. */
function membersShort(turn: Turn, vault_id: VaultId, vault: Vault): number | null {
  const wanted = vault.manifests.filter(({ withdrawn, cancelled }) => !withdrawn && !cancelled)
  const most = Math.max(0, ...wanted.map(({ receipts }) => receipts.size))
  if (wanted.length === 0 || most >= turn.config.federation.thresholds.clawback.protected) return null
  const first = Math.min(...wanted.map(({ armed_height }) => armed_height ?? turn.tip))
  if (turn.tip < first + PROTECTED_WITHIN_BLOCKS) return null
  return depositState(turn, vault_id, vault) === 'there' && finalSpend(vault) === null ? most : null
}
