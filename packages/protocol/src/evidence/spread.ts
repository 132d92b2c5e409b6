/** Evidence from hand to hand: whoever finds it tells all, whoever gets it checks it alone. */
import { onOwnMessage } from '../guard/quarantine.ts'
import type { Evidence } from '../messages/evidence.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { Turn } from '../state/turn.ts'
import { evidenceId, isConvinced, keepEvidence } from './keeping.ts'
import { type EvidenceFault, faultInForm, isSignedTwice } from './verify.ts'

export function spreadEvidence(turn: Turn, { member, conflict, first, second }: Evidence): void {
  turn.gossip(turn.sign('evidence', { member, conflict, first, second }))
}

/** What is wrong in every version is its teller's fault: whoever hands it on would have had to check it first. */
const VERDICTS: Readonly<Record<EvidenceFault, VerdictCode>> = {
  'later-version': 'unknown-version',
  'later-form': 'unknown-variant',
  'other-epoch': 'other-epoch',
  unreadable: 'bad-evidence',
  'not-a-member': 'bad-evidence',
  'another-member': 'bad-evidence',
  'wrong-peer-id': 'bad-evidence',
  'same-message': 'bad-evidence',
  'other-number': 'bad-evidence',
  // A later version may bind its members to more, and compare more.
  'no-slot': 'unknown-variant',
  'same-body': 'unknown-variant',
  'other-slot': 'bad-evidence',
  'bad-signature': 'bad-evidence',
}

export function onEvidence(turn: Turn, evidence: Evidence): VerdictCode {
  const { federation } = turn.config
  if (isConvinced(turn.durable, evidence.member, evidence.conflict)) return 'known'
  const fault = faultInForm(federation, evidence)
  if (fault !== null) return VERDICTS[fault]
  // Before two signatures are looked at: many tell what one did.
  if (turn.durable.evidence.has(evidenceId(turn.ports, federation.lock_hash, evidence))) return 'known'
  if (!isSignedTwice(turn.ports, federation, evidence)) return 'bad-evidence'
  if (!keepEvidence(turn, evidence)) return 'known'
  if (evidence.member === turn.config.self) doubtMyself(turn, evidence)
  return 'accepted'
}

/** One of the two at least I do not know: somebody else signs with my key, or my disk has forgotten it. */
function doubtMyself(turn: Turn, { first, second }: Evidence): void {
  for (const part of [first, second]) onOwnMessage(turn, turn.reading.header(part.signed), { ...part, attachment: null })
}
