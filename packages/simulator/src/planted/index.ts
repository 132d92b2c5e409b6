import { bootNotDurable } from './boot-not-durable.ts'
import { ledgerLost } from './ledger-lost.ts'
import type { PlantedBug } from './planted-bug.ts'
import { quorumOffByOne } from './quorum-off-by-one.ts'
import { sendBeforeSync } from './send-before-sync.ts'
import { trustsHearsay } from './trusts-hearsay.ts'
import { neverWidens } from './never-widens.ts'

export type { PlantedBug } from './planted-bug.ts'

export const PLANTED: readonly PlantedBug[] = [sendBeforeSync, quorumOffByOne, ledgerLost, bootNotDurable, trustsHearsay, neverWidens]
