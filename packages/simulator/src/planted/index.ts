import { adoptedForgotten } from './adopted-forgotten.ts'
import { bootNotDurable } from './boot-not-durable.ts'
import { deafToWords } from './deaf-to-words.ts'
import { drillsTheLadder } from './drills-the-ladder.ts'
import { duplicateVoter } from './duplicate-voter.ts'
import { epochsConfused } from './epochs-confused.ts'
import { foreignLockRejected } from './foreign-lock-rejected.ts'
import { keepsFeeCoins } from './keeps-fee-coins.ts'
import { ledgerLost } from './ledger-lost.ts'
import { misreadsItsLog } from './misreads-its-log.ts'
import { missesNobody } from './misses-nobody.ts'
import { NEVER_TELLS, neverAsksForHeaders } from './never-tells.ts'
import { neverWidens } from './never-widens.ts'
import { nextLockUnnamed } from './next-lock-unnamed.ts'
import { noDomainSeparation } from './no-domain-separation.ts'
import { oldEpochDropped } from './old-epoch-dropped.ts'
import { oldGenerationDisarmed } from './old-generation-disarmed.ts'
import { oneBudget } from './one-budget.ts'
import { ordersOfAnyLock } from './orders-of-any-lock.ts'
import { passesOverTheLiving } from './passes-over-the-living.ts'
import type { PlantedBug } from './planted-bug.ts'
import { quorumOffByOne } from './quorum-off-by-one.ts'
import { recencyOfPulled } from './recency-of-pulled.ts'
import { rejectsLaterVersions } from './rejects-later-versions.ts'
import { releaseBeforeCertificate } from './release-before-certificate.ts'
import { reorgIgnored } from './reorg-ignored.ts'
import { rungNotCumulative } from './rung-not-cumulative.ts'
import { seenBeforeSignature } from './seen-before-signature.ts'
import { sendBeforeSync } from './send-before-sync.ts'
import { signsAgain } from './signs-again.ts'
import { staleCertificate } from './stale-certificate.ts'
import { tellsShares } from './tells-shares.ts'
import { trustsHearsay } from './trusts-hearsay.ts'
import { txidInIncidentId } from './txid-in-incident-id.ts'
import { unboundedMap } from './unbounded-map.ts'
import { unrecorded } from './unrecorded.ts'

export type { PlantedBug } from './planted-bug.ts'

export const PLANTED: readonly PlantedBug[] = [
  sendBeforeSync,
  quorumOffByOne,
  ledgerLost,
  unrecorded,
  misreadsItsLog,
  signsAgain,
  bootNotDurable,
  trustsHearsay,
  neverWidens,
  tellsShares,
  oneBudget,
  keepsFeeCoins,
  drillsTheLadder,
  duplicateVoter,
  noDomainSeparation,
  releaseBeforeCertificate,
  staleCertificate,
  txidInIncidentId,
  reorgIgnored,
  rungNotCumulative,
  passesOverTheLiving,
  seenBeforeSignature,
  recencyOfPulled,
  deafToWords,
  oldGenerationDisarmed,
  unboundedMap,
  rejectsLaterVersions,
  missesNobody,
  neverAsksForHeaders,
  ...NEVER_TELLS,
  foreignLockRejected,
  epochsConfused,
  oldEpochDropped,
  nextLockUnnamed,
  adoptedForgotten,
  ordersOfAnyLock,
]
