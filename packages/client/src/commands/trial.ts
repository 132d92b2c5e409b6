/** Level 3 of a drill: the whole ladder tried on a bitcoind, which no member can do, for none ever sees K. */
import type { Bitcoind } from '@belfry/bitcoind'
import { type LadderTrial, packageFeerate } from '@belfry/protocol'
import { type Feerate, assertNever } from '@belfry/protocol/primitives'
import type { Place, SignedRecoverySet, SignedTransaction } from '@belfry/vault'
import { type Acceptance, requireDeposit, testAcceptance } from '../vault/deposit.ts'

export interface TriedLadder {
  readonly trial: LadderTrial
  /** What bitcoind would not take today, nor any rung above it on its ladder: the trial counts these as not accepted. */
  readonly refused: readonly Acceptance[]
  /** What pays too little today, and has a rung above it that pays enough: as ladders are meant. */
  readonly passed_by: readonly Acceptance[]
}

/** As members ask it. */
const ESTIMATE_TARGET_BLOCKS = 3

/** Sends nothing. @throws ClientError deposit-not-found, deposit-differs; BitcoindError */
export async function tryLadder(
  bitcoind: Bitcoind,
  set: SignedRecoverySet,
  onTried?: (done: number, of: number) => void,
  signal?: AbortSignal,
): Promise<TriedLadder> {
  await requireDeposit(bitcoind, set.plan, signal)
  const acceptances = await testAcceptance(bitcoind, set, onTried, signal)
  const [mempool, estimate] = await Promise.all([
    bitcoind.getMempoolInfo({ signal }),
    bitcoind.estimateSmartFee(ESTIMATE_TARGET_BLOCKS, { signal }),
  ])
  const mempool_floor = Math.max(mempool.minFeerate, mempool.minRelayFeerate) as Feerate
  const topOf = new Map(set.transactions.map(({ id, place }) => [id, topFeerate(set, place)]))
  const isPassedBy = ({ id, outcome }: Acceptance): boolean => outcome === 'underpaid' && (topOf.get(id) ?? 0) >= mempool_floor
  const isGood = (one: Acceptance): boolean => one.outcome === 'accepted' || one.outcome === 'later' || isPassedBy(one)
  const refused = acceptances.filter((one) => !isGood(one))
  const trial = { tried: acceptances.length, accepted: acceptances.length - refused.length, mempool_floor, estimate }
  return { trial, refused, passed_by: acceptances.filter(isPassedBy) }
}

/** The best that the ladder of this transaction reaches when it is sent: with its unvault, where it is sent unconfirmed. */
function topFeerate({ plan, transactions }: SignedRecoverySet, place: Place): Feerate {
  const top = (fits: (other: Place) => boolean): SignedTransaction | undefined =>
    transactions.filter((one) => fits(one.place)).toSorted((a, b) => b.feerate - a.feerate)[0]
  switch (place.purpose) {
    case 'emergency':
    case 'dead-man':
      return top(({ purpose }) => purpose === place.purpose)?.feerate ?? (0 as Feerate)
    case 'unvault':
    case 'clawback':
    case 'anyone-can-pay':
    case 'anchored': {
      const { variant } = place
      const unvault = top((other) => other.purpose === 'unvault' && other.variant === variant)
      const clawback = top((other) => other.purpose === 'clawback' && other.variant === variant)
      if (unvault === undefined || clawback === undefined) return 0 as Feerate
      return plan.act_at === 'mempool' ? packageFeerate(unvault, clawback) : clawback.feerate
    }
    default:
      return assertNever(place)
  }
}
