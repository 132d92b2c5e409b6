import { forgedEvidence, forgedOrders, preempt } from './accusations.ts'
import { earlyShares, falseCertificates } from './forgeries.ts'
import { badShares, equivocate, falseVotes, misreport } from './lies.ts'
import { joinsJunk } from './pinning.ts'
import { lieAboutHealth, lieAboutTips } from './pretences.ts'
import { flood, garbage, replay } from './noise.ts'
import { boast, hoard, silent, withhold } from './silence.ts'
import type { Strategy } from './strategy.ts'

export { Corrupted } from './corrupted.ts'
export type { Strategy } from './strategy.ts'

export const STRATEGIES: readonly Strategy[] = [
  silent,
  withhold,
  hoard,
  boast,
  falseVotes,
  equivocate,
  badShares,
  misreport,
  earlyShares,
  falseCertificates,
  replay,
  garbage,
  flood,
  preempt,
  forgedEvidence,
  forgedOrders,
  lieAboutTips,
  lieAboutHealth,
  joinsJunk,
]
