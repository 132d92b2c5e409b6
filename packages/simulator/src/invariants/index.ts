import { ADOPTED } from './adopted.ts'
import { EPOCHS } from './epochs.ts'
import type { Invariant } from './invariant.ts'
import { L2 } from './l2-silence.ts'
import { L3 } from './l3-alerts.ts'
import { L3_CLOCKS } from './l3-clocks.ts'
import { L3_DISK } from './l3-disk.ts'
import { L3_LIFE } from './l3-life.ts'
import { L3_PROCESSES } from './l3-processes.ts'
import { L3_SUCCESSORS } from './l3-successors.ts'
import { L3_TIPS } from './l3-tips.ts'
import { L3_VAULTS } from './l3-vaults.ts'
import { L4 } from './l4-message-count.ts'
import { OWNER } from './owner.ts'
import { REORGS } from './reorgs.ts'
import { RUNGS } from './rungs.ts'
import { S1 } from './s1-release-gate.ts'
import { S13 } from './s13-drills.ts'
import { S2 } from './s2-threshold.ts'
import { S3 } from './s3-sign-once.ts'
import { S4 } from './s4-certificates.ts'
import { S5 } from './s5-synced-first.ts'
import { S6 } from './s6-restore.ts'
import { S7 } from './s7-evidence.ts'
import { S8 } from './s8-broadcasts.ts'
import { S9 } from './s9-limits.ts'
import { S10 } from './s10-verdicts.ts'

export { AWAITED, type Awaited } from './awaited.ts'
export { ToldAlerts } from './alerts.ts'
export { FrameReader } from './frames.ts'
export { ALERTS, type Alert, type Context, type Invariant, type Violation, type Watcher } from './invariant.ts'
export { Heard } from './heard.ts'
export { ToldChains } from './told-chain.ts'

/**
 * Judged after every event, but for what costs as much as hundreds of them: whether the whole log restores to its state (S6) and holds
 * no share is asked at crashes and at the end, whether a state encodes (S9) then, too. L1 is judged by the run itself
 * (run/liveness.ts), for it has a beginning and an end.
 */
export const INVARIANTS: readonly Invariant[] = [S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S13, RUNGS, REORGS, OWNER, EPOCHS, ADOPTED, L2, L3, L3_LIFE, L3_TIPS, L3_CLOCKS, L3_PROCESSES, L3_DISK, L3_VAULTS, L3_SUCCESSORS, L4]
