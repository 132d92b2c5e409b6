/** What this member guards under locks that are no longer in its configuration: nothing acts on it, and a person should know. */
import { type Durable, type Vault, confirmations, createCore } from '@belfry/protocol'
import { type LoadedLog, restoreLog } from '@belfry/runtime'
import { type Place, verifier } from '../membership.ts'

/** Below this a spend may still be undone. */
const LEFT_DEPTH = 100

/** By name, of the vaults whose coins have not left; the log is read and nothing is written. */
export function leftUnguarded({ federation, self }: Place, log: LoadedLog): string[] {
  const sign = (): never => {
    throw new Error('an epoch that is not served signs nothing')
  }
  const core = createCore({ federation, self, owners: [], software: '' }, { ...verifier, sign })
  return vaultsThere(restoreLog(core, log).durable)
}

export function vaultsThere(durable: Durable): string[] {
  const tip = durable.position?.height ?? 0
  return [...durable.vaults.values()].filter((vault) => !hasLeft(vault, tip)).map((vault) => vault.manifests.at(-1)?.manifest.name ?? '')
}

/** An unvault alone ends nothing: its output has to be spent too. */
function hasLeft({ coins, deposit }: Vault, tip: number): boolean {
  const spend = coins.get(deposit)
  if (!spend?.confirmed || confirmations(spend, tip) < LEFT_DEPTH) return false
  const { txid } = spend.confirmed.tx
  const unvaulted = [...coins].filter(([outpoint]) => outpoint.startsWith(`${txid}:`)).map(([, coin]) => coin)
  return unvaulted.every((coin) => coin.confirmed !== null && confirmations(coin, tip) >= LEFT_DEPTH)
}
