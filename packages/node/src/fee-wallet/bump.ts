/** Pays for one recovery transaction: A with a coin, or P with a child. */
import type { Bitcoind, BroadcastAnswer } from '@belfry/bitcoind'
import type { BumpAnswer } from '@belfry/protocol'
import { type Feerate, type Height, type IncidentId, type Outpoint, type Sats, type Txid, sats } from '@belfry/protocol/primitives'
import { type DecodedTransaction, type VaultError, decodeTransaction, feeFor, joinCoin, payByChild } from '@belfry/vault'
import type { Bump, Bumped } from '../broadcast/fee-bumper.ts'
import type { BumpEntry, Ledger } from './ledger.ts'
import type { FeeSigner } from './key.ts'
import type { Pool, PoolCoin } from './pool.ts'
import { type Payable, chooseForChild, chooseForJoin } from './select.ts'
import { type Situation, type SituationBitcoind, conflictOf, situationOfChild, situationOfJoin } from './situation.ts'
import type { FeeWatch } from './watch.ts'

export type BumpBitcoind = SituationBitcoind & Pick<Bitcoind, 'broadcast' | 'broadcastPackage' | 'getBlockchainInfo'>

export interface BumpModules {
  readonly bitcoind: BumpBitcoind
  readonly signer: FeeSigner
  readonly watch: FeeWatch
  readonly pool: Pool
  readonly ledger: Ledger
  /** Writes the ledger. */
  readonly save: () => Promise<void>
  /** Whether a coin waits for the transaction of another incident. */
  readonly isReserved: (outpoint: Outpoint, but: IncidentId) => boolean
}

export interface BumpStory {
  readonly bumped: Bumped
  /** bitcoind's own words where it refused. */
  readonly reason: string | null
}

/** The transaction that is to be paid for, and what it comes to. */
interface Asked {
  readonly effect: Bump
  readonly parent: Uint8Array
  readonly situation: Situation
  readonly wanted: Sats
  /** What it brings to deep cold: to pay more than that would lose more than the thief takes. */
  readonly recovered: Sats
  readonly tip: Height
}

interface Paid {
  readonly entry: BumpEntry
  readonly submit: () => Promise<BroadcastAnswer>
}

type Usable = PoolCoin & Payable

/**
 * With each block the core asks for 1 sat/vB more than was paid. To P's child that is a step; to A it is the next larger coin, so
 * that a few empty blocks would use them up: A waits until market and urgency ask for more. sat/kvB.
 */
const RATCHET: Readonly<Record<Bump['means'], number>> = { 'anyone-can-pay': 1_000, anchored: 0 }

const nothing = (answer: BumpAnswer, reason: string | null = null): BumpStory => {
  return { bumped: { answer, txid: null, feerate: null }, reason }
}

/**
 * @param parent the rebuilt transaction, lent: a secret until a coin was found and it is submitted
 * @throws BitcoindError, StoreError, KeystoreError; what was not submitted is not counted
 */
export async function bumpOnce(effect: Bump, parent: Uint8Array, modules: BumpModules): Promise<BumpStory> {
  const { bitcoind, ledger } = modules
  const decoded = decodeTransaction(parent)
  if (decoded.txid !== effect.txid || decoded.inputs.length !== 1 || decoded.inputs[0]?.outpoint !== effect.outpoint) {
    return nothing('rejected', 'the rebuilt transaction is not the one that was to be paid for')
  }
  const situation = await situationOf(bitcoind, decoded, effect)
  if (typeof situation === 'string') return nothing(situation)
  const asked = feeFor(situation.vsize, effect.feerate)
  const standing = standingBump(ledger, situation, effect)
  if (standing !== null && standing.fee >= effect.min_fee && standing.feerate + RATCHET[effect.means] >= effect.feerate) {
    return { bumped: { answer: 'already-known', txid: standing.txid, feerate: standing.feerate }, reason: null }
  }
  const { blocks: tip } = await bitcoind.getBlockchainInfo()
  const wanted = [asked, effect.min_fee, situation.least].reduce((a, b) => (b > a ? b : a))
  if (!ledger.takesBumps) return nothing('over-budget', 'more bumps are remembered than one window should have')
  const recovered = sats(decoded.outputs.reduce((sum, { value }) => sum + value, 0n))
  return await payFor({ effect, parent, situation, wanted, recovered, tip }, modules)
}

async function situationOf(
  bitcoind: BumpBitcoind, parent: DecodedTransaction, { means, outpoint }: Bump,
): Promise<Situation | 'not-final' | 'inputs-missing'> {
  return means === 'anchored'
    ? await situationOfChild(bitcoind, parent, outpoint)
    : await situationOfJoin(bitcoind, parent, outpoint)
}

/**
 * Our own last bump of this recovery transaction, if it is what stands in the mempool: be it asked for in another epoch, which
 * must not pay once more.
 */
function standingBump(ledger: Ledger, { standing }: Situation, { incident_id, outpoint, txid }: Bump): BumpEntry | null {
  const last = ledger.last(incident_id, outpoint)
  return last !== null && last.recovery === txid && last.spender === standing?.txid ? last : null
}

async function payFor(asked: Asked, modules: BumpModules): Promise<BumpStory> {
  const { effect, situation, wanted, recovered, tip } = asked
  const { ledger, save } = modules
  const coins = await usableCoins(asked, modules)
  const budget = ledger.roomFor(effect.incident_id, effect.outpoint, tip)
  const room = budget < recovered ? budget : recovered
  const choose = effect.means === 'anchored' ? chooseForChild<Usable> : chooseForJoin<Usable>
  const choice = choose(coins, { own: situation.own, wanted, least: situation.least, room })
  if (choice.kind !== 'coin') return nothing(choice.kind)
  const { entry, submit } = paid(asked, choice, modules)
  // Counted before it can be spent: a crash in between costs a little of the budget, and never more than that.
  ledger.addBump(entry)
  await save()
  const answer = await submit()
  switch (answer.kind) {
    case 'accepted':
    case 'already-known':
      return { bumped: { answer: answer.kind, txid: entry.txid, feerate: entry.feerate }, reason: null }
    case 'unreachable':
      // It may have arrived.
      return nothing(answer.kind, answer.reason)
    default:
      ledger.drop(entry.spender)
      await save()
      return nothing(answer.kind, answer.reason)
  }
}

/** Confirmed, and spent by nothing but what this bump replaces, or by a split of our own that can wait. */
async function usableCoins({ effect, situation, tip }: Asked, modules: BumpModules): Promise<Usable[]> {
  const { bitcoind, ledger, pool, isReserved } = modules
  const ours = new Set([
    ...ledger.of(effect.incident_id).map(({ spender }) => spender), ...ledger.splits.map(({ txid }) => txid),
  ])
  const usable: Usable[] = []
  for (const coin of await pool.coins(tip)) {
    if (coin.confirmations < 1 || isReserved(coin.outpoint, effect.incident_id)) continue
    if (coin.spender === null || situation.conflicts.has(coin.spender)) usable.push({ ...coin, replaces: sats(0) })
    else if (situation.takes_back && ours.has(coin.spender)) {
      const conflict = await conflictOf(bitcoind, coin.spender)
      if (conflict !== null) usable.push({ ...coin, replaces: sats(conflict.fee + situation.replacing) })
    }
  }
  return usable
}

function paid(asked: Asked, { coin, fee }: { coin: Usable; fee: Sats }, modules: BumpModules): Paid {
  return asked.effect.means === 'anchored' ? paidByChild(asked, coin, fee, modules) : paidByJoin(asked, coin, modules)
}

function paidByJoin({ effect, parent, situation, tip }: Asked, coin: Usable, { bitcoind, signer }: BumpModules): Paid {
  const sign = (_coin: object, digest: Uint8Array): Uint8Array => signer.sign(coin.path, digest)
  const joined = joinCoin({ raw: parent, own_fee: situation.own, coin, sign })
  const made = { spender: joined.txid, txid: joined.txid, cost: coin.value, fee: joined.fee, feerate: joined.feerate }
  return { entry: entryOf(effect, coin, tip, made), submit: () => bitcoind.broadcast(joined.raw) }
}

function paidByChild(
  { effect, parent, situation, tip }: Asked, coin: Usable, fee: Sats, { bitcoind, signer, watch }: BumpModules,
): Paid {
  const child = payByChild({
    parent,
    parent_fee: situation.own,
    coin,
    change: signer.account.scriptAt({ branch: 1, index: watch.nextIndex(1) }),
    feerate: 0 as Feerate,
    min_fee: fee,
    sign: (_coin, digest) => signer.sign(coin.path, digest),
  })
  const made = {
    spender: child.txid, txid: effect.txid, cost: child.fee, fee: child.package_fee, feerate: child.package_feerate,
  }
  return { entry: entryOf(effect, coin, tip, made), submit: () => bitcoind.broadcastPackage([parent, child.raw]) }
}

interface Made {
  readonly spender: Txid
  readonly txid: Txid
  readonly cost: Sats
  readonly fee: Sats
  readonly feerate: Feerate
}

function entryOf({ incident_id, txid: recovery, outpoint, means }: Bump, coin: PoolCoin, height: Height, made: Made): BumpEntry {
  return { incident_id, recovery, outpoint, means, coin: coin.outpoint, height, ...made }
}

/** What an error of the builders says to the core. */
export function answerOfVaultError({ code }: VaultError): BumpAnswer {
  return code === 'fee-coin-too-small' ? 'no-coin' : 'rejected'
}
