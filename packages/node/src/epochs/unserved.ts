/** Which vaults a log says to be guarded still. */
import { type Durable, type Vault, confirmations, durablePart } from '@belfry/protocol'
import { type LoadedLog, restoreLog } from '@belfry/runtime'

/** Below this a spend may still be undone. */
const LEFT_DEPTH = 100

/**
 * Of an epoch whose lock is no longer in the configuration: nothing acts on them, and a person should know. By name; the log is
 * read and nothing is written.
 */
export function leftUnguarded(log: LoadedLog): string[] {
  return vaultsThere(restoreLog(durablePart, log).durable)
}

/** By name, of the vaults whose coins have not left. */
export function vaultsThere({ vaults, position }: Pick<Durable, 'vaults' | 'position'>): string[] {
  const tip = position?.height ?? 0
  return [...vaults.values()].filter((vault) => !hasLeft(vault, tip)).map((vault) => vault.manifests.at(-1)?.manifest.name ?? '')
}

/** An unvault alone ends nothing: its output has to be spent too. */
function hasLeft({ coins, deposit }: Vault, tip: number): boolean {
  const spend = coins.get(deposit)
  if (!spend?.confirmed || confirmations(spend, tip) < LEFT_DEPTH) return false
  const { txid } = spend.confirmed.tx
  const unvaulted = [...coins].filter(([outpoint]) => outpoint.startsWith(`${txid}:`)).map(([, coin]) => coin)
  return unvaulted.every((coin) => coin.confirmed !== null && confirmations(coin, tip) >= LEFT_DEPTH)
}
