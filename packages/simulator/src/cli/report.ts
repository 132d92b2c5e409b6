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

export function describeCampaign(campaign: Campaign, elapsed_s: number): string {
  const { seeds, failed, events, steps, coverage } = campaign
  const found = failed.length === 0 ? 'every invariant held' : `failed: ${failed.map(({ seed }) => seed).join(' ')}`
  return [
    `${seeds} seeds, ${found}`,
    `${events} events (${rate(events, elapsed_s)}/s), of these ${steps} inputs to a core (${rate(steps, elapsed_s)}/s)`,
    `${coverage.size} pairs of input and incident status`,
    '',
  ].join('\n')
}

export function jsonOf({ seeds, failed, events, coverage }: Campaign, elapsed_s: number): string {
  const sorted = [...coverage].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `${JSON.stringify({
    seeds,
    failed: failed.map(({ seed }) => seed),
    events,
    events_per_s: rate(events, elapsed_s),
    coverage: Object.fromEntries(sorted),
  })}\n`
}

function rate(count: number, elapsed_s: number): number {
  return Math.round(count / Math.max(elapsed_s, 0.001))
}
