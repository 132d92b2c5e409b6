import type { Turn } from '../state/turn.ts'

const UNWELL: ReadonlySet<string> = new Set(['lagging', 'stuck', 'forked', 'eclipse-suspected'])

/**
 * Whether I may miss what happens on the chain or among the members. It mutes the dead-man switch and nothing else: a member whose own
 * chain contains a trigger votes and releases whatever else it sees, or whoever can make it unwell could call off every clawback.
 */
export function isUnwell({ volatile }: Pick<Turn, 'volatile'>): boolean {
  return volatile.chain !== 'ok' || volatile.is_isolated || UNWELL.has(volatile.own_tip.class)
}
