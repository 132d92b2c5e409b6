/** Whether a vault's trigger stands in what this member knows of the chain. Pure reading of the durable state. */
import type { BlockRef, SpendTx } from '../chain/index.ts'
import { type Rung, type Unvault, rungsOf, unvaultOutpoint } from '../custody/manifest.ts'
import type { Trigger } from '../messages/vote.ts'
import type { EnvelopeId, Outpoint, Txid } from '../primitives/index.ts'
import { manifestsJudging } from './judging.ts'
import { recoveryBy } from './recovery.ts'
import { type Coin, UNSPENT, spenderOf } from '../state/coins.ts'
import type { HeldManifest, Vault } from '../state/durable.ts'

export interface Standing {
  readonly tx: SpendTx
  /** Where it is confirmed; null in the mempool. */
  readonly block: BlockRef | null
  /** Not in my chain or mempool, but came with a vote and my bitcoind would take it. */
  readonly offered: boolean
}

export function depositCoin(vault: Vault): Coin {
  return vault.coins.get(vault.deposit) ?? UNSPENT
}

/** Every armed manifest that names this txid as an unvault, with the variant. */
export function unvaultsNamed(vault: Vault, txid: Txid): { held: HeldManifest; unvault: Unvault }[] {
  return vault.manifests.flatMap((held) => {
    const unvault = held.manifest.unvaults.find((one) => one.txid === txid)
    return unvault ? [{ held, unvault }] : []
  })
}

export function isEmergency(vault: Vault, txid: Txid): boolean {
  return manifestsJudging(vault, vault.deposit).some(({ manifest }) => manifest.emergency.some((rung) => rung.txid === txid))
}

/** The rung that this txid is, in any armed manifest's clawback or emergency ladder. */
export function recoveryRung(vault: Vault, txid: Txid): Rung | null {
  return findRung(vault, (rung) => rung.txid === txid)
}

export function rungOfEnvelope(vault: Vault, envelope_id: EnvelopeId): Rung | null {
  return findRung(vault, (rung) => rung.envelope_id === envelope_id)
}

function findRung(vault: Vault, wanted: (rung: Rung) => boolean): Rung | null {
  for (const { manifest } of vault.manifests) {
    const found = rungsOf(manifest).find(wanted)
    if (found) return found
  }
  return null
}

/**
 * Theft: the deposit is spent by a U that an armed manifest names (until intents exist, every unvault is theft).
 * Cold-theft: it is spent by a transaction that no activated generation names and that is no recovery of ours; a U of a
 * generation that never activated is both.
 */
export function isTriggeredBy(vault: Vault, kind: Trigger, txid: Txid): boolean {
  // What is ordered, no movement of the coin calls for: see cause.ts.
  if (kind === 'panic' || kind === 'drill' || isEmergency(vault, txid)) return false
  const named = unvaultsNamed(vault, txid)
  if (kind === 'theft') return named.length > 0
  return !named.some(({ held }) => held.activated_height !== null)
}

export function standingTrigger(vault: Vault, kind: Trigger): Standing | null {
  const coin = depositCoin(vault)
  const own = spenderOf(coin)
  const tx = own ?? coin.offered
  if (tx === null || !isTriggeredBy(vault, kind, tx.txid)) return null
  return { tx, block: coin.confirmed?.block ?? null, offered: own === null }
}

/** An emergency rung spends the deposit in my mempool: it has taken the place of the trigger that it answers. */
export function isRecoveryWaiting(vault: Vault): boolean {
  const { mempool, confirmed } = depositCoin(vault)
  return confirmed === null && mempool !== null && isEmergency(vault, mempool.txid)
}

/** A recovery transaction of ours is in my mempool or chain. */
export function isAnswered(vault: Vault, kind: Trigger): boolean {
  const standing = standingTrigger(vault, kind)
  const target = standing ? recoveryTarget(vault, kind, standing.tx) : vault.deposit
  const spender = spenderOf(vault.coins.get(target) ?? UNSPENT)
  return spender !== null && recoveryBy(vault, target, spender) !== null
}

/** The outpoint that an incident's recovery transactions spend, given its trigger. */
export function recoveryTarget(vault: Vault, kind: Trigger, triggerTx: SpendTx): Outpoint {
  if (kind !== 'theft') return vault.deposit
  const [named] = unvaultsNamed(vault, triggerTx.txid)
  return named ? unvaultOutpoint(named.unvault) : vault.deposit
}

/** How the coin's story ends so far: the confirmed spend that took it out of the vault's own graph. */
export function finalSpend(vault: Vault): { coin: Coin; txid: Txid; recovered: boolean } | null {
  const deposit = depositCoin(vault)
  if (deposit.confirmed === null) return null
  const spender = deposit.confirmed.tx.txid
  const recovered = isEmergency(vault, spender)
  if (recovered || unvaultsNamed(vault, spender).length === 0) return { coin: deposit, txid: spender, recovered }
  const outpoint = recoveryTarget(vault, 'theft', deposit.confirmed.tx)
  const unvaulted = vault.coins.get(outpoint) ?? UNSPENT
  if (unvaulted.confirmed === null) return null
  const last = unvaulted.confirmed.tx
  return { coin: unvaulted, txid: last.txid, recovered: recoveryBy(vault, outpoint, last) !== null }
}
