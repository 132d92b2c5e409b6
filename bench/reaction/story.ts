/** Where the time of one incident went, from what the members logged. */
import { open } from 'node:fs/promises'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import type { Notice } from './witness.ts'

/** In their order: each begins where the one before ended. */
export const STEPS = ['seen', 'voted', 'certified', 'shares-released', 'shares-opened', 'rebuilt', 'accepted'] as const
export type Step = (typeof STEPS)[number]

export interface Line {
  readonly event: string
  readonly incident_id: string
  readonly monotonic_ms: number
  /** Place in the list of members. */
  readonly by: number
  readonly member: number | null
  readonly envelope_id: string | null
  readonly txid: string | null
}

/** Of one log, between two incidents. */
const MAX_LOG_BYTES = 4 * 1024 * 1024

/** Reads what the members logged since it was asked last. */
export class StoryReader {
  readonly #members: readonly Member[]
  readonly #offsets: number[]

  constructor(members: readonly Member[]) {
    this.#members = members
    this.#offsets = members.map(() => 0)
  }

  async lines(): Promise<Line[]> {
    const perMember = await Promise.all(this.#members.map(async ({ files }, by) => {
      const text = await readFrom(files.log, this.#offsets[by] ?? 0)
      const whole = text.slice(0, text.lastIndexOf('\n') + 1)
      this.#offsets[by] = (this.#offsets[by] ?? 0) + Buffer.byteLength(whole)
      return whole.split('\n').flatMap((line) => lineOf(line, by) ?? [])
    }))
    return perMember.flat()
  }
}

async function readFrom(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const bytes = Buffer.alloc(Math.min(MAX_LOG_BYTES, Math.max(0, size - offset)))
    await file.read(bytes, 0, bytes.length, offset)
    return bytes.toString('utf8')
  } finally {
    await file.close()
  }
}

/** null for what belongs to no incident. */
function lineOf(text: string, by: number): Line | null {
  if (text === '') return null
  const { event, incident_id, monotonic_ms, member, envelope_id, txid } = JSON.parse(text) as Partial<Record<keyof Line, unknown>>
  if (typeof event !== 'string' || typeof incident_id !== 'string' || typeof monotonic_ms !== 'number') return null
  return {
    event, incident_id, monotonic_ms, by,
    member: typeof member === 'number' ? member : null,
    envelope_id: typeof envelope_id === 'string' ? envelope_id : null,
    txid: typeof txid === 'string' ? txid : null,
  }
}

/** As much of a reaction as its steps lie between. */
export interface Ends {
  readonly answer: { readonly txid: string }
  readonly started: Pick<Notice, 'at_ms'>
  readonly answered: Pick<Notice, 'at_ms' | 'node'>
}

export interface Thresholds {
  readonly q: number
  readonly t: number
}

/**
 * How long each step took, on the path of the member whose bitcoind was the first to accept the answer: first sight by any
 * member · the q-th vote signed · the first certificate · the last share that it needed, signed by its giver · that share
 * opened · the transaction rebuilt · accepted. Null where the lines do not tell it all.
 */
export function stepsOf(
  lines: readonly Line[],
  incident_id: string,
  { answer, started, answered }: Ends,
  { q, t }: Thresholds,
): Record<Step, number> | null {
  const of = (event: string) => lines.filter((line) => line.event === event && line.incident_id === incident_id)
  const winner = answered.node
  const rebuilt = of('rebuilt').find(({ by, txid }) => by === winner && txid === answer.txid)
  const ofEnvelope = (event: string) => of(event).filter(({ envelope_id }) => envelope_id === rebuilt?.envelope_id)
  const opened = ofEnvelope('share-held').filter(({ by }) => by === winner)
  const last = nth(opened, t)
  const reached = [
    nth(of('incident-opened'), 1),
    nth(of('voted'), q),
    nth(of('certified'), 1),
    // Its own share is released to nobody.
    nth(ofEnvelope('share-released').filter(({ member }) => member === winner + 1), t - 1),
    last,
    rebuilt,
  ].map((line) => line?.monotonic_ms)
  const times = [started.at_ms, ...reached, answered.at_ms]
  const spans = STEPS.map((step, at) => [step, (times[at + 1] ?? Number.NaN) - (times[at] ?? Number.NaN)] as const)
  return spans.every(([, span]) => Number.isFinite(span)) ? Object.fromEntries(spans) as Record<Step, number> : null
}

function nth(lines: readonly Line[], n: number): Line | undefined {
  return lines.toSorted((a, b) => a.monotonic_ms - b.monotonic_ms)[n - 1]
}
