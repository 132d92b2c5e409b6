/** The fee coins' part: A and P. */
import type { Outcome } from '../core/input.ts'
import type { Turn } from '../state/turn.ts'

export function onBumpAnswer(_turn: Turn, _outcome: Extract<Outcome, { of: 'bump' }>): void {}
