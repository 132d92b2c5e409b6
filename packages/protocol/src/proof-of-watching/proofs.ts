/** Each member proves now and then that it has the blocks that it speaks of (after commerceblock's guardnode). */
import type { Outcome } from '../core/input.ts'
import type { BlockProof } from '../messages/block-proof.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { MemberIndex } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'

export function onBlockProof(_turn: Turn, _from: MemberIndex, _body: BlockProof): VerdictCode {
  return 'accepted'
}

export function onBlockProved(_turn: Turn, _outcome: Extract<Outcome, { of: 'prove-block' }>): void {}
