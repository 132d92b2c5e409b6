/** Whether a coin that was to be paid in once members hold its vault has come. Watched it is in any case. */
import type { Outcome } from '../core/input.ts'
import { depositCoin } from '../incident/trigger.ts'
import type { DepositState } from '../messages/owner-requests.ts'
import type { VaultId } from '../primitives/index.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'

/**
 * A deposit was looked at before its vault was taken into custody, unless it was to be paid in later: then my bitcoind has it
 * by now, or what spends it shows that it was there. Forgotten at a restart, and found again with the next block.
 */
export function depositState({ volatile }: Pick<Turn, 'volatile'>, vault_id: VaultId, vault: Vault): DepositState {
  const found = volatile.deposits.get(vault_id)
  if (found !== undefined) return found
  const { mempool, confirmed } = depositCoin(vault)
  const isSpent = mempool !== null || confirmed !== null
  return isSpent || vault.manifests.some(({ manifest }) => manifest.deposit.funding === 'confirmed') ? 'there' : 'awaited'
}

/** Asked when a vault is taken into custody, and at each block until the coin is there. */
export function lookForDeposit(turn: Turn, vault_id: VaultId, vault: Vault): void {
  const [held] = vault.manifests
  if (!held || depositState(turn, vault_id, vault) !== 'awaited') return
  turn.now({ effect: 'look-at-deposit', vault_id, deposit: held.manifest.deposit })
}

export function onDepositLookedAt(turn: Turn, { vault_id, seen }: Extract<Outcome, { of: 'look-at-deposit' }>): void {
  const vault = turn.durable.vaults.get(vault_id)
  if (!vault || seen === 'nothing' || depositState(turn, vault_id, vault) !== 'awaited') return
  const { deposits } = turn.volatile
  // No more are kept than there are vaults.
  for (const one of deposits.keys()) if (!turn.durable.vaults.has(one)) deposits.delete(one)
  deposits.set(vault_id, seen === 'deposit' ? 'there' : 'differs')
  if (seen === 'deposit') turn.tell({ level: 'info', event: 'deposit-funded', vault_id })
  else turn.tell({ level: 'error', event: 'deposit-differs', vault_id })
}
