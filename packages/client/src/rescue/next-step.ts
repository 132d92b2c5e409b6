/** What a rescue sends next: the same rung rules as the members', for one who holds every rung. Pure. */
import { askedFeerate, blocksSince, deadlineBlocks, dueRung, floorRung, packageFeerate, rungOfMarket } from '@belfry/protocol'
import { type Height, assertNever } from '@belfry/protocol/primitives'
import type { SignedTransaction, VaultPlan } from '@belfry/vault'
import type { Coin, FeeMarket, Sight, Waiting } from './coin.ts'
import type { Ladders, Variant } from './ladders.ts'

export type Step =
  | {
      readonly step: 'send'
      /** Tried in this order until bitcoind takes one. */
      readonly rungs: readonly SignedTransaction[]
      /** Unconfirmed: the rungs go with it as a package. */
      readonly parent: SignedTransaction | null
    }
  | { readonly step: 'wait'; readonly until: 'unvault-confirms' | 'coin-moves' | 'chain-catches-up' | 'deep-enough' }

export interface Orders {
  /** Bring the deposit itself to deep cold where no confirmed U stands in the way. */
  readonly emergency: boolean
  /** Rungs that this rescue has sent: their secrecy is no reason to wait any more. */
  readonly sent: ReadonlySet<SignedTransaction>
}

/** Also where an earlier run ordered it: what is public is carried to its end. */
export function wantsEmergency({ emergency: ladder }: Ladders, coin: Coin, { emergency: ordered, sent }: Orders): boolean {
  const isWaiting = coin.where === 'deposit' && Boolean(coin.waiting?.rung)
  return ordered || isWaiting || ladder.some((rung) => sent.has(rung))
}

export function nextStep(plan: VaultPlan, ladders: Ladders, sight: Sight, orders: Orders): Step {
  const { coin } = sight
  switch (coin.where) {
    case 'deposit':
      if (!wantsEmergency(ladders, coin, orders)) return { step: 'wait', until: 'coin-moves' }
      return emergency(ladders, coin.waiting)
    case 'unvaulted':
      // An unconfirmed U is a spend of the deposit like any other, and leaves no window open where it is outbid.
      if (coin.height === null && wantsEmergency(ladders, coin, orders)) return emergency(ladders, null)
      return clawback(plan, sight, coin, orders)
    case 'saved':
    case 'taken':
      return { step: 'wait', until: 'deep-enough' }
    case 'not-found':
      return { step: 'wait', until: 'chain-catches-up' }
    default:
      return assertNever(coin)
  }
}

/** The highest first: it may race a bidding thief. */
function emergency({ emergency: ladder }: Ladders, waiting: Waiting | null): Step {
  const present = waiting?.rung ? ladder.indexOf(waiting.rung) : -1
  return { step: 'send', rungs: ladder.slice(Math.max(0, present)).toReversed(), parent: null }
}

type Unvaulted = Extract<Coin, { where: 'unvaulted' }>

function clawback(plan: VaultPlan, { tip, market }: Sight, coin: Unvaulted, orders: Orders): Step {
  const { variant, height, waiting } = coin
  const { clawback: ladder, unvault } = variant
  const known = Boolean(waiting?.rung) || ladder.some((rung) => orders.sent.has(rung))
  // U alone gives the hot key nothing yet, and what vanishes from a mempool must not cost the secrecy of K.
  if (height === null && plan.act_at === 'confirmation' && !known) return { step: 'wait', until: 'unvault-confirms' }
  const present = waiting?.rung ? ladder.indexOf(waiting.rung) : -1
  const due = rungDue(plan, variant, height, tip, market)
  return { step: 'send', rungs: ladder.slice(Math.max(due, present)), parent: height === null ? unvault : null }
}

/** Index of the rung that is due now. */
function rungDue({ csv }: VaultPlan, variant: Variant, height: Height | null, tip: Height, market: FeeMarket): number {
  const { clawback: ladder, unvault } = variant
  const top = ladder.length - 1
  const feerates = ladder.map((rung) => (height === null ? packageFeerate(unvault, rung) : rung.feerate))
  const asked = askedFeerate(market.estimate, market.mempool_floor)
  return dueRung(floorRung(blocksSince(height, tip), top, csv), top, rungOfMarket(feerates, asked))
}

/** The height by which the clawback should have confirmed, as members count it. */
export function deadlineAt({ csv }: VaultPlan, unvaulted: Height): Height {
  return (unvaulted + deadlineBlocks(csv)) as Height
}
