/** How a drill ends, given what members signed of it. Pure. */
import type { Receipt } from '../messages/receipt.ts'
import type { MemberIndex } from '../primitives/index.ts'
import type { Order } from '../owner/command.ts'
import { DRILL_DEADLINE } from '../owner/limits.ts'
import type { DrillEnd } from '../state/commands.ts'

export type DrillOrder = Extract<Order, { order: 'drill' }>
export type DrillReport = Extract<Receipt, { statement: 'drill' }>

/** Vote, certificate, release and rebuild, with the drill's envelope. */
export const isRehearsal = ({ level }: Pick<DrillOrder, 'level'>): boolean => level >= 4

/** Whether an honest member may report this of such a drill. */
export function isReportOf({ level, trial, held_back }: DrillOrder, from: MemberIndex, report: DrillReport): boolean {
  if (held_back.includes(from)) return false
  if (report.level !== level || report.good > report.tried) return false
  switch (report.result) {
    case 'no-channel':
      return level === 1
    case 'rebuilt':
      return level >= 4
    case 'good':
    case 'bad':
      if (level === 3) return report.tried === trial?.tried && report.good === trial.accepted && isGood(report)
      return level === 2 && isGood(report)
  }
}

function isGood({ result, tried, good }: DrillReport): boolean {
  return (result === 'good') === isAllGood(tried, good)
}

export function isAllGood(tried: number, good: number): boolean {
  return tried > 0 && good === tried
}

/**
 * Level 1 fails while nobody can be notified. 2 passes when every member reported all its shares good. 3 passes when b+1 members
 * recorded a trial in which every transaction was accepted. 4 and 5 pass when b+1 members reported that they rebuilt: one of them
 * is honest. What has not passed by the deadline failed if anything is known to be wrong with it or if it was a rehearsal, and
 * else was abandoned.
 * @param age blocks since I took the command
 * @returns null while it runs
 */
export function drillEndOf(
  order: DrillOrder,
  reports: readonly DrillReport[],
  { members, b, age }: { readonly members: number; readonly b: number; readonly age: number },
): DrillEnd | null {
  const isOver = age >= DRILL_DEADLINE
  if (isRehearsal(order)) return reports.length > b ? 'passed' : isOver ? 'failed' : null
  const isBad = reports.some(({ result }) => result !== 'good')
  const needed = order.level === 3 ? b + 1 : members
  if (reports.length >= needed) return isBad ? 'failed' : 'passed'
  return isOver ? (isBad ? 'failed' : 'abandoned') : null
}

/** Whether the order makes sense: a trial at level 3 and nowhere else, members held back at level 5 and nowhere else. */
export function isDrillSound({ level, held_back, trial }: DrillOrder, members: readonly number[]): boolean {
  if ((trial !== null) !== (level === 3) || (trial !== null && trial.accepted > trial.tried)) return false
  if (held_back.length > 0 !== (level === 5)) return false
  return new Set(held_back).size === held_back.length && held_back.every((member) => members.includes(member))
}
