import { ALERTS } from '../invariants/index.ts'
import { FAULT_CLASSES, type Report, neverSeen } from '../run/index.ts'
import type { Campaign } from './campaign.ts'
import { corpusLine } from './corpus.ts'
import type { Job } from './pool.ts'
import type { Shrunk } from './shrink.ts'

/** The seed, the invariant's sentence, and the command that shows it again. */
export function describeViolation({ violation }: Report, job: Job): string {
  if (!violation) return ''
  const { invariant, sentence, detail, at_ms, member, mark } = violation
  const ofEpoch = mark === '' ? '' : `/${mark}`
  const where = member === null ? '' : `, member ${member}${ofEpoch}`
  return [
    `seed ${job.seed}: ${invariant} does not hold: ${sentence}`,
    `  at ${at_ms} ms${where}: ${detail}`,
    `  replay: ${commandOf(job)} --trace`,
    ...(job.planted === undefined ? [`  corpus: ${corpusLine({ seed: job.seed, invariant, reason: detail })}`] : []),
    '',
  ].join('\n')
}

export function describeShrunk({ job, report, classes, strategies, runs, is_smallest }: Shrunk): string {
  const { violation, events } = report
  return [
    `seed ${job.seed}, made smaller by ${runs} runs${is_smallest ? '' : ' until time ran out'}: ${violation?.invariant} fails at ${violation?.at_ms} ms, after ${events} events`,
    `  with ${classes.length === 0 ? 'no faults' : classes.join(', ')}${strategies.length === 0 ? '' : `; liars: ${strategies.join(', ')}`}`,
    `  replay: ${commandOf(job)} --trace`,
    '',
  ].join('\n')
}

/** Names whichever are fewer: the classes that are left out, or those that are left. */
export function commandOf({ seed, members, planted, without = [], muted = [], calm_from_ms }: Job): string {
  const left = FAULT_CLASSES.filter((name) => !without.includes(name))
  const byOnly = left.length < without.length
  return [
    `pnpm simulate --seed ${seed}`,
    ...(members === undefined ? [] : [`--members ${members}`]),
    ...(planted === undefined ? [] : [`--planted ${planted}`]),
    ...(without.length > 0 && !byOnly ? [`--without ${without.join()}`] : []),
    ...(without.length > 0 && byOnly ? [`--only ${left.length === 0 ? 'none' : left.join()}`] : []),
    ...(muted.length === 0 ? [] : [`--mute ${muted.join()}`]),
    ...(calm_from_ms === undefined ? [] : [`--calm-from ${calm_from_ms}`]),
  ].join(' ')
}

/** `core_s`: seconds, on each core that was used. */
export function describeCampaign(campaign: Campaign, core_s: number): string {
  const { seeds, failed, replayed, events, steps, coverage, endings } = campaign
  const found = failed.length === 0 ? 'every invariant held' : `failed: ${failed.map(({ seed }) => seed).join(' ')}`
  return [
    `${seeds} seeds, ${found}; ${replayed} of them ran twice`,
    `${events} events (${rate(events, core_s)}/s on each core), of these ${steps} inputs to a member's core`,
    `${coverage.size} pairs of input and state; endings: ${inWords(endings)}`,
    '',
  ].join('\n')
}

export function describeCoverage({ coverage, due }: Pick<Campaign, 'coverage' | 'due'>): string {
  const alerts = ALERTS.map((alert) => `${String(due.get(alert) ?? 0).padStart(9)}  seeds in which ${alert} is due`)
  const seen = [...coverage].toSorted(([, a], [, b]) => a - b).map(([pair, count]) => `${String(count).padStart(9)}  ${pair}`)
  const never = neverSeen(coverage).map((pair) => `    never  ${pair}`)
  return `${[...alerts, ...never, ...seen, `${coverage.size} pairs met, ${never.length} never`].join('\n')}\n`
}

function inWords(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([word, count]) => `${count} ${word}`)
    .join(', ')
}

export function jsonOf({ seeds, failed, events, coverage }: Campaign, core_s: number): string {
  const sorted = [...coverage].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `${JSON.stringify({
    seeds,
    failed: failed.map(({ seed }) => seed),
    events,
    events_per_s: rate(events, core_s),
    coverage: Object.fromEntries(sorted),
  })}\n`
}

function rate(count: number, seconds: number): number {
  return Math.round(count / Math.max(seconds, 0.001))
}
