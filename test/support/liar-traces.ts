/** What honest members tell of others: in their logs, and in their metrics. */
import { readFile } from 'node:fs/promises'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { REJECT_CODES } from '../../packages/protocol/src/index.ts'
import { eventually } from './watch.ts'

export interface LogLine {
  readonly event: string
  readonly level: string
  /** The member that the line is about. */
  readonly member?: number
  /** The same, in lines of the network. */
  readonly from?: number
  readonly member_name?: string
  readonly detail?: string
  readonly incident_id?: string
}

export async function logOf({ files }: Member): Promise<LogLine[]> {
  const lines = (await readFile(files.log, 'utf8')).split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as LogLine)
}

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const SAMPLE = /^(?<name>[a-z_]+)(?:\{(?<labels>.*)\})? (?<value>\S+)$/
const LABEL = /(?<name>[a-z_]+)="(?<value>[^"]*)"/g

export async function metricsOf({ api, name }: Member): Promise<Sample[]> {
  const answer = await api.get('/metrics')
  if (answer?.status !== 200) throw new Error(`${name} shows no metrics`)
  return answer.text.split('\n').flatMap((line) => {
    const groups = SAMPLE.exec(line)?.groups
    if (groups === undefined) return []
    const labels = Object.fromEntries([...(groups['labels'] ?? '').matchAll(LABEL)].map(({ groups: label }) => [label?.['name'], label?.['value']]))
    return [{ name: groups['name'] ?? '', labels, value: Number(groups['value']) }]
  })
}

/** The sum of all samples of this name with these labels. */
export async function countAt(member: Member, name: string, labels: Sample['labels'] = {}): Promise<number> {
  const samples = (await metricsOf(member)).filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
  return samples.reduce((sum, { value }) => sum + value, 0)
}

/** Until each of these members names the culprit for it, in its log and in its metrics. */
export async function named(members: readonly Member[], event: string, culprit: number): Promise<void> {
  await Promise.all(members.map((member) => eventually(`${member.name} names member ${culprit} for ${event}`, async () => {
    const inLog = (await logOf(member)).some((line) => line.event === event && (line.member ?? line.from) === culprit)
    return inLog && (await countAt(member, 'belfry_tells_total', { event, member: `${culprit}` })) > 0
  })))
}

/** Until each of these members has counted at least so many frames with this verdict against the one that handed them over. */
export async function counted(members: readonly Member[], code: string, peer: number, least = 1): Promise<void> {
  await Promise.all(members.map((member) => eventually(`${member.name} counts ${least} ${code} of member ${peer}`, async () =>
    (await refusedAt(member, code, peer)) >= least)))
}

export function refusedAt(member: Member, code: string, peer: number): Promise<number> {
  return countAt(member, 'belfry_peer_refused_frames_total', { code, member: `${peer}` })
}

/** What a member has rejected of these others. */
export async function rejectedOf(member: Member, others: readonly Member[]): Promise<Sample[]> {
  const rejecting: ReadonlySet<string> = new Set(REJECT_CODES)
  const indices = new Set(others.map(({ index }) => `${index}`))
  return (await metricsOf(member)).filter(({ name, labels }) =>
    name === 'belfry_peer_refused_frames_total' && rejecting.has(labels['code'] ?? '') && indices.has(labels['member'] ?? ''))
}
