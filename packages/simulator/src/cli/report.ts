import type { Report } from '../run/index.ts'
import type { Campaign } from './campaign.ts'
import type { Options } from './options.ts'

/** The seed, the invariant's sentence, and the command that shows it again. */
export function describeViolation({ seed, violation }: Report, { members, planted }: Pick<Options, 'members' | 'planted'>): string {
  if (!violation) return ''
  const { invariant, sentence, detail, at_ms, member } = violation
  const where = member === null ? '' : `, member ${member}`
  const options = [members === undefined ? '' : ` --members ${members}`, planted ? ` --planted ${planted.name}` : '']
  return [
    `seed ${seed}: ${invariant} does not hold: ${sentence}`,
    `  at ${at_ms} ms${where}: ${detail}`,
    `  replay: pnpm simulate --seed ${seed}${options.join('')} --trace`,
    '',
  ].join('\n')
}

/** `core_s`: seconds, on each core that was used. */
export function describeCampaign(campaign: Campaign, core_s: number): string {
  const { seeds, failed, events, steps, coverage, endings } = campaign
  const found = failed.length === 0 ? 'every invariant held' : `failed: ${failed.map(({ seed }) => seed).join(' ')}`
  return [
    `${seeds} seeds, ${found}`,
    `${events} events (${rate(events, core_s)}/s on each core), of these ${steps} inputs to a member's core`,
    `${coverage.size} pairs of input and incident status; endings: ${inWords(endings)}`,
    '',
  ].join('\n')
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
