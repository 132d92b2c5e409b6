/** Whether a coin that was to be paid in once members hold its vault has come. Watched it is in any case. */
import type { Outcome } from '../core/input.ts'
import { depositCoin } from '../incident/trigger.ts'
import type { VaultId } from '../primitives/index.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'

/**
 * A deposit was looked at before its vault was taken into custody, unless it was to be paid in later: then my bitcoind has it
 * by now, or what spends it shows that it was there. Forgotten at a restart, and found again with the next block.
 */
export function isFunded({ volatile }: Pick<Turn, 'volatile'>, vault_id: VaultId, vault: Vault): boolean {
  const { mempool, confirmed } = depositCoin(vault)
  const isSpent = mempool !== null || confirmed !== null
  return isSpent || volatile.funded.has(vault_id) || vault.manifests.some(({ manifest }) => manifest.deposit.funding === 'confirmed')
}

/** Asked when a vault is taken into custody, and at each block until the coin is there. */
export function lookForDeposit(turn: Turn, vault_id: VaultId, vault: Vault): void {
  const [held] = vault.manifests
  if (!held || isFunded(turn, vault_id, vault)) return
  turn.now({ effect: 'look-at-deposit', vault_id, deposit: held.manifest.deposit })
}

export function onDepositLookedAt(turn: Turn, { vault_id, seen }: Extract<Outcome, { of: 'look-at-deposit' }>): void {
  const vault = turn.durable.vaults.get(vault_id)
  if (!vault || seen === 'nothing' || isFunded(turn, vault_id, vault)) return
  const { funded } = turn.volatile
  // No more are kept than there are vaults.
  for (const one of funded) if (!turn.durable.vaults.has(one)) funded.delete(one)
  funded.add(vault_id)
  if (seen === 'deposit') turn.tell({ level: 'info', event: 'deposit-funded', vault_id })
  else turn.tell({ level: 'error', event: 'deposit-differs', vault_id })
}
