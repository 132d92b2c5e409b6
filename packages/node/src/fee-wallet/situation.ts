/** What a bump has to pay, as bitcoind's mempool stands now: BIP-125's rules, and BIP-431's for P. */
import type { Bitcoind } from '@belfry/bitcoind'
import { type Feerate, type Outpoint, type Sats, type Txid, sats, splitOutpoint } from '@belfry/protocol/primitives'
import {
  type DecodedTransaction, anchorOf, childVsize, decodeTransaction, feeFor, joinedVsize,
} from '@belfry/vault'

export type SituationBitcoind = Pick<
  Bitcoind, 'getTxOut' | 'getTxSpendingPrevout' | 'getMempoolEntry' | 'getMempoolInfo' | 'getRawTransaction'
>

export interface Situation {
  /** What A, or P, pays by itself; 0 where that cannot be known. */
  readonly own: Sats
  /** Of A with its coin, or of P and its child, at worst. */
  readonly vsize: number
  /** What all of it has to pay to get into the mempool. */
  readonly least: Sats
  /** What a coin that another transaction of ours spends adds to that, besides what that one pays. */
  readonly replacing: Sats
  /** Whether a coin that yet another transaction of ours spends could be taken from it. */
  readonly takes_back: boolean
  /** What would be replaced in any case, and may spend the same coin. */
  readonly conflicts: ReadonlySet<Txid>
  /** What spends the coin, or P's anchor, now. */
  readonly standing: Conflict | null
}

export interface Conflict {
  readonly txid: Txid
  /** With all that is built on it. */
  readonly fee: Sats
  readonly feerate: Feerate
}

/** P's child has a P2WPKH output. */
const CHANGE_SCRIPT_BYTES = 22
const MIN_RELAY_FEERATE = 1_000 as Feerate

/** @throws BitcoindError */
export async function situationOfJoin(bitcoind: SituationBitcoind, a: DecodedTransaction, outpoint: Outpoint): Promise<Situation> {
  const vsize = joinedVsize(a.weight)
  const { floor, incremental } = await relayRules(bitcoind)
  const standing = await spenderOf(bitcoind, outpoint)
  return {
    own: await ownFee(bitcoind, a, outpoint),
    vsize,
    least: most(feeFor(vsize, floor), ...toReplace(standing, vsize, incremental)),
    replacing: feeFor(vsize, incremental),
    // A replacement may have no unconfirmed parent that what it replaces has not (BIP-125, rule 2).
    takes_back: (await bitcoind.getTxOut(outpoint, false)) !== null,
    conflicts: txidsOf(standing),
    standing,
  }
}

/**
 * `not-final` while U is not confirmed: P and its child would be a third generation.
 * @throws BitcoindError; VaultError `fee-parent-unfit`
 */
export async function situationOfChild(
  bitcoind: SituationBitcoind, p: DecodedTransaction, outpoint: Outpoint,
): Promise<Situation | 'not-final' | 'inputs-missing'> {
  const anchor = anchorOf(p)
  if ((await bitcoind.getTxOut(outpoint, false)) === null) {
    return (await bitcoind.getMempoolEntry(splitOutpoint(outpoint).txid)) === null ? 'inputs-missing' : 'not-final'
  }
  const own = await ownFee(bitcoind, p, outpoint)
  const child = childVsize(CHANGE_SCRIPT_BYTES)
  const vsize = p.vsize + child
  const { floor, incremental } = await relayRules(bitcoind)
  const inTheWay = await spenderOf(bitcoind, outpoint)
  if (inTheWay?.txid === p.txid) {
    // P is there: only its child is new, or replaces another.
    const standing = await spenderOf(bitcoind, anchor.outpoint)
    const least = most(feeFor(child, floor), ...toReplace(standing, child, incremental))
    return {
      own, vsize, least: sats(own + least), replacing: feeFor(child, incremental), takes_back: false, conflicts: txidsOf(standing), standing,
    }
  }
  // bitcoind takes a package for its parent's sake only if the child pays more than the parent.
  const aboveParent = sats(own + feeFor(child, rateAbove(own, p.vsize)))
  return {
    own,
    vsize,
    least: most(feeFor(vsize, floor), aboveParent, ...toReplace(inTheWay, vsize, incremental)),
    replacing: feeFor(vsize, incremental),
    takes_back: false,
    // P is what replaces it; the child of P then adds an unconfirmed parent, and can replace nothing by its coin.
    conflicts: new Set(),
    standing: inTheWay,
  }
}

/** What a mempool transaction and all that is built on it pay; null where it is gone. @throws BitcoindError */
export async function conflictOf(bitcoind: Pick<Bitcoind, 'getMempoolEntry'>, txid: Txid): Promise<Conflict | null> {
  const entry = await bitcoind.getMempoolEntry(txid)
  if (entry === null) return null
  return { txid, fee: entry.descendants.fee, feerate: Number((entry.fee * 1_000n) / BigInt(entry.vsize)) as Feerate }
}

async function spenderOf(bitcoind: SituationBitcoind, outpoint: Outpoint): Promise<Conflict | null> {
  const [spent] = await bitcoind.getTxSpendingPrevout([outpoint])
  const spender = spent?.spender ?? null
  return spender === null ? null : await conflictOf(bitcoind, spender)
}

async function relayRules(bitcoind: SituationBitcoind): Promise<{ floor: Feerate; incremental: Feerate }> {
  const { minFeerate, minRelayFeerate, incrementalRelayFeerate } = await bitcoind.getMempoolInfo()
  const floor = Math.max(minFeerate, minRelayFeerate, MIN_RELAY_FEERATE) as Feerate
  return { floor, incremental: Math.max(incrementalRelayFeerate, MIN_RELAY_FEERATE) as Feerate }
}

/** BIP-125: a higher feerate, all its fees, and the relay of the new one on top. */
function toReplace(conflict: Conflict | null, vsize: number, incremental: Feerate): Sats[] {
  if (conflict === null) return []
  return [sats(conflict.fee + feeFor(vsize, incremental)), feeFor(vsize, (conflict.feerate + 1) as Feerate)]
}

/** The coin's value from the chain, or from U where that waits in the mempool. */
async function ownFee(bitcoind: SituationBitcoind, { outputs }: DecodedTransaction, outpoint: Outpoint): Promise<Sats> {
  const value = await valueOf(bitcoind, outpoint)
  const fee = value - outputs.reduce((sum, output) => sum + output.value, 0n)
  return sats(fee < 0n ? 0n : fee)
}

async function valueOf(bitcoind: SituationBitcoind, outpoint: Outpoint): Promise<Sats> {
  const confirmed = await bitcoind.getTxOut(outpoint, false)
  if (confirmed !== null) return confirmed.value
  const { txid, vout } = splitOutpoint(outpoint)
  const raw = await bitcoind.getRawTransaction(txid)
  return (raw === null ? null : decodeTransaction(raw).outputs[vout]?.value) ?? sats(0)
}

function rateAbove(fee: Sats, vsize: number): Feerate {
  return (Number((fee * 1_000n) / BigInt(vsize)) + 1) as Feerate
}

function txidsOf(conflict: Conflict | null): ReadonlySet<Txid> {
  return new Set(conflict === null ? [] : [conflict.txid])
}

function most(...fees: readonly Sats[]): Sats {
  return fees.reduce((a, b) => (b > a ? b : a))
}
