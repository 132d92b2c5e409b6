/** Tells once where too few members hold a vault for its recovery to work whatever b of them do, and once when enough do. */
import { finalSpend } from '../incident/trigger.ts'
import type { VaultId } from '../primitives/index.ts'
import type { HeldManifest, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { depositState } from './funding.ts'

/** An owner's client asks member after member, and again where one was down: an hour's blocks are enough for it. */
export const PROTECTED_WITHIN_BLOCKS = 6

/** Asked at each block. What was told is forgotten at a restart, after which a vault that is still held by too few is told again. */
export function watchProtection(turn: Turn, vault_id: VaultId, vault: Vault): void {
  const { unprotected } = turn.volatile
  const needed = turn.config.federation.thresholds.clawback.protected
  const held_by = holdersOf(vault)
  const isShort = held_by < needed && isDue(turn, vault_id, vault)
  if (isShort === unprotected.has(vault_id)) return
  if (isShort) {
    unprotected.set(vault_id, true)
    turn.tell({ level: 'error', event: 'vault-unprotected', vault_id, detail: `held by ${held_by} members, ${needed} needed` })
    return
  }
  unprotected.delete(vault_id)
  // Of a coin that has left there is nothing to say, nor of a vault whose owner took back what there was to hold.
  if (held_by >= needed && finalSpend(vault) === null) turn.tell({ level: 'info', event: 'vault-protected', vault_id })
}

function wanted({ manifests }: Vault): readonly HeldManifest[] {
  return manifests.filter(({ withdrawn, cancelled }) => !withdrawn && !cancelled)
}

/** The most members whose receipts I have of one manifest. */
function holdersOf(vault: Vault): number {
  return Math.max(0, ...wanted(vault).map(({ receipts }) => receipts.size))
}

/** Its owner has had the time, and there is a coin to which it matters. */
function isDue(turn: Turn, vault_id: VaultId, vault: Vault): boolean {
  const first = Math.min(...wanted(vault).map(({ armed_height }) => armed_height ?? turn.tip))
  return turn.tip >= first + PROTECTED_WITHIN_BLOCKS && depositState(turn, vault_id, vault) === 'there' && finalSpend(vault) === null
}
