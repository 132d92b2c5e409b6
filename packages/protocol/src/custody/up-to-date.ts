import { hasJustReturned } from '../liveness/judging.ts'
import type { Turn } from '../state/turn.ts'

/**
 * Whether I would know by now what an owner ordered elsewhere: I have asked since I started or fell behind, nobody is ahead of me, and I
 * hear a majority. Whoever cuts me off must not have me go on with what the owner took back.
 */
export function isUpToDate(turn: Turn): boolean {
  const { wait, own_tip } = turn.volatile
  return wait.phase === 'over' && own_tip.behind_since === null && !hasJustReturned(turn)
}
