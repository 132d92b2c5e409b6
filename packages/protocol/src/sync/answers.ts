/** Who has told me everything since I started or fell behind. */
import type { Answered } from '../messages/answered.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { MemberIndex } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'

export function onAnswered(_turn: Turn, _from: MemberIndex, _body: Answered): VerdictCode {
  return 'accepted'
}
