/**
 * One theft played through a fee history by the rung rules themselves. U is confirmed at the incident's first block, the
 * members release, whoever can open a rung broadcasts it, and a clawback confirms in the first block whose marginal feerate
 * it reaches. Every member has its own estimate: a lasting error and one of the block. The network between them is not in it:
 * what is released is there before the next block.
 */
import { bidFeerate } from '../../packages/protocol/src/incident/bid.ts'
import { deadlineBlocks } from '../../packages/protocol/src/incident/deadline.ts'
import { SITTING_BLOCKS } from '../../packages/protocol/src/incident/means.ts'
import { dueRung, floorRung, rungOfMarket } from '../../packages/protocol/src/incident/rungs.ts'
import type { Feerate } from '../../packages/protocol/src/primitives/index.ts'
import type { Random } from '../../packages/simulator/src/world/random.ts'
import type { FeeHistory } from './market.ts'
import { WINDOW, normal } from './regimes.ts'
import { ANCHORED_VSIZE, CLAWBACK_VSIZE, type Strategy, feeOf } from './strategies.ts'

export const MEMBERS = 5
/** Shares that open an envelope. */
const THRESHOLD = 3
/** Standard deviations of the logarithm of what a member's estimate is wrong by, for good and of the block. */
const LASTING_ERROR = 0.25
const PASSING_ERROR = 0.15

/** The hot key may spend in the block after these. */
export const LAST_BLOCK = WINDOW - 1
const DEADLINE = deadlineBlocks(WINDOW)

export interface Incident {
  readonly history: FeeHistory
  /** The block that confirmed U. */
  readonly start: number
  /** By block since U and member, in sat/kvB. */
  readonly estimates: readonly Float64Array[]
}

export interface Outcome {
  /** Blocks from U's to the clawback's; null where the hot key may spend first. */
  readonly blocks: number | null
  readonly fee_sats: number
  /** Of what confirmed, or stood last, in sat/kvB. */
  readonly feerate: number
}

export function incidentAt(random: Random, history: FeeHistory, start: number): Incident {
  const lasting = Array.from({ length: MEMBERS }, () => LASTING_ERROR * normal(random))
  const estimates = Array.from({ length: WINDOW }, (_, block) => {
    const known = at(history.estimate, start + block)
    return Float64Array.from(lasting, (error) => known * Math.exp(error + PASSING_ERROR * normal(random)))
  })
  return { history, start, estimates }
}

export function play(incident: Incident, strategy: Strategy, vault_sats: number): Outcome {
  return strategy.kind === 'fixed' ? playFixed(incident, strategy.feerate) : playLadder(incident, strategy, vault_sats)
}

function playFixed({ history, start }: Incident, feerate: number): Outcome {
  for (let block = 1; block <= LAST_BLOCK; block++) {
    if (feerate >= at(history.marginal, start + block)) return outcome(block, CLAWBACK_VSIZE, feerate)
  }
  return outcome(null, CLAWBACK_VSIZE, feerate)
}

function playLadder(
  incident: Incident,
  { feerates, coins }: Extract<Strategy, { kind: 'ladder' }>,
  vault_sats: number,
): Outcome {
  const { history, start, estimates } = incident
  const members = new Members(feerates)
  const wallet = coins ? new FeeCoins(feerates.at(-1) ?? 0, vault_sats) : null
  let offered = { vsize: CLAWBACK_VSIZE, feerate: 0 }
  for (let block = 0; block < LAST_BLOCK; block++) {
    const asked = estimates[block] ?? new Float64Array()
    const floor = at(history.floor, start + block)
    const rung = members.broadcast(block, asked, floor)
    if (rung > offered.feerate) offered = { vsize: CLAWBACK_VSIZE, feerate: rung }
    if (wallet !== null && members.topHadItsChance(block)) {
      const paid = wallet.bump(block, at(asked, 0), floor)
      if (paid !== null) offered = { vsize: ANCHORED_VSIZE, feerate: paid }
    }
    if (offered.feerate >= at(history.marginal, start + block + 1)) return outcome(block + 1, offered.vsize, offered.feerate)
  }
  return outcome(null, offered.vsize, offered.feerate)
}

function outcome(blocks: number | null, vsize: number, feerate: number): Outcome {
  return { blocks, fee_sats: feeOf(vsize, feerate), feerate }
}

/** Who released what so far: release is cumulative, and nothing that left comes back. */
class Members {
  readonly #feerates: readonly Feerate[]
  readonly #released = new Int8Array(MEMBERS).fill(-1)
  #topSince: number | null = null

  constructor(feerates: readonly number[]) {
    this.#feerates = feerates.map((feerate) => feerate as Feerate)
  }

  /** Feerate of the highest rung that t members released and one of those holds due now. */
  broadcast(block: number, estimates: Float64Array, floor: number): number {
    const top = this.#feerates.length - 1
    const common = floorRung(block, top, WINDOW)
    let highest = -1
    for (let member = 0; member < MEMBERS; member++) {
      const wanted = Math.max(at(estimates, member), floor) as Feerate
      const due = dueRung(common, top, rungOfMarket(this.#feerates, wanted))
      this.#released[member] = Math.max(this.#released[member] ?? -1, due)
      highest = Math.max(highest, due)
    }
    return this.#feerates[Math.min(highest, this.#openable())] ?? 0
  }

  /** The top rung was broadcast and has sat unconfirmed: the means that take fee coins are released. */
  topHadItsChance(block: number): boolean {
    if (this.#topSince === null && this.#openable() === this.#feerates.length - 1) this.#topSince = block
    return this.#topSince !== null && block >= this.#topSince + SITTING_BLOCKS
  }

  #openable(): number {
    return this.#released.toSorted()[MEMBERS - THRESHOLD] ?? -1
  }
}

/** A coin of this many satoshis, and never more of the vault's value than this percent. */
const COIN_SATS = 500_000
const COIN_MAX_PERCENT = 10

/** One bumper's: P with a child that pays. Together they must outbid the top rung, which they replace. */
class FeeCoins {
  readonly #top: Feerate
  readonly #max: number
  #bid: Feerate | null = null
  #paid: number | null = null

  constructor(top: number, vault_sats: number) {
    this.#top = top as Feerate
    this.#max = Math.floor((Math.min(COIN_SATS, (vault_sats * COIN_MAX_PERCENT) / 100) * 1_000) / ANCHORED_VSIZE)
  }

  /** What is paid from this block on, in sat/kvB; null while nothing is. */
  bump(block: number, estimate: number, floor: number): number | null {
    this.#bid = bidFeerate({
      estimate: estimate as Feerate,
      mempool_floor: floor as Feerate,
      top: this.#top,
      deadline: DEADLINE,
      blocks_left: DEADLINE - block,
      last: this.#bid,
    })
    const wanted = Math.min(this.#max, this.#bid)
    if (wanted > (this.#paid ?? this.#top)) this.#paid = wanted
    return this.#paid
  }
}

function at(values: Float64Array, index: number): number {
  const value = values[index]
  if (value === undefined) throw new RangeError(`nothing at ${index} of ${values.length}`)
  return value
}
