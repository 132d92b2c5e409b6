import { bootNotDurable } from './boot-not-durable.ts'
import { drillsTheLadder } from './drills-the-ladder.ts'
import { keepsFeeCoins } from './keeps-fee-coins.ts'
import { ledgerLost } from './ledger-lost.ts'
import { neverWidens } from './never-widens.ts'
import { oneBudget } from './one-budget.ts'
import type { PlantedBug } from './planted-bug.ts'
import { quorumOffByOne } from './quorum-off-by-one.ts'
import { sendBeforeSync } from './send-before-sync.ts'
import { signsAgain } from './signs-again.ts'
import { tellsShares } from './tells-shares.ts'
import { trustsHearsay } from './trusts-hearsay.ts'

export type { PlantedBug } from './planted-bug.ts'

export const PLANTED: readonly PlantedBug[] = [
  sendBeforeSync,
  quorumOffByOne,
  ledgerLost,
  signsAgain,
  bootNotDurable,
  trustsHearsay,
  neverWidens,
  tellsShares,
  oneBudget,
  keepsFeeCoins,
  drillsTheLadder,
]
