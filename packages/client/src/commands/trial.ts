/** Level 3 of a drill: the whole ladder tried on a bitcoind, which no member can do, for none ever sees K. */
import type { Bitcoind } from '@belfry/bitcoind'
import type { LadderTrial } from '@belfry/protocol'
import type { Feerate } from '@belfry/protocol/primitives'
import type { SignedRecoverySet } from '@belfry/vault'
import { type Acceptance, requireDeposit, testAcceptance } from '../vault/deposit.ts'

export interface TriedLadder {
  readonly trial: LadderTrial
  /** What bitcoind would not take today, and why. */
  readonly refused: readonly Acceptance[]
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
  const refused = acceptances.filter(({ answer }) => answer.kind !== 'accepted' && answer.kind !== 'already-known')
  const mempool_floor = Math.max(mempool.minFeerate, mempool.minRelayFeerate) as Feerate
  const trial = { tried: acceptances.length, accepted: acceptances.length - refused.length, mempool_floor, estimate }
  return { trial, refused }
}
