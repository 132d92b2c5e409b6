/** Evidence from hand to hand: whoever holds it hands it on, whoever gets it checks it alone. */
import type { EvidenceNotice } from '../messages/evidence.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { Turn } from '../state/turn.ts'

export function onEvidence(_turn: Turn, _notice: EvidenceNotice): VerdictCode {
  return 'stale'
}
