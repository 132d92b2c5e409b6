/** Five, twenty and fifty members without a network card between them: what grows with n, and how. */
import { type Row, peerOf, row, timeRow } from '../output/row.ts'
import { TimedFederation, type Traffic } from './world.ts'

const SIZES = [5, 20, 50] as const
const ROUND_TRIPS_MS = [50, 200] as const
const REST_MS = 300_000
/** Until nobody has anything to say any more of a theft that was answered. */
const INCIDENT_MS = 8_000
const MS_PER_S = 1_000

export interface SimulatedInit {
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export function simulated({ progress, signal }: SimulatedInit): { readonly rows: Row[]; readonly wrong: string[] } {
  const rows: Row[] = []
  const wrong: string[] = []
  const atRest = new Map<string, Row>()
  for (const members of SIZES) {
    for (const round_trip_ms of ROUND_TRIPS_MS) {
      signal.throwIfAborted()
      progress(`${members} members, ${round_trip_ms} ms round trip`)
      const federation = new TimedFederation({ members, round_trip_ms })
      federation.begin()
      if (round_trip_ms === ROUND_TRIPS_MS[0]) rows.push(...restRows(federation, atRest))
      const incident = playTheft(federation)
      rows.push(...incident.rows)
      wrong.push(...incident.wrong.map((sentence) => `${members} members, ${round_trip_ms} ms: ${sentence}`))
    }
  }
  return { rows, wrong }
}

/** Beside the same of the smallest federation: a ratio of one over (n−1)/4 is growth with n. */
function restRows(federation: TimedFederation, atRest: Map<string, Row>): Row[] {
  federation.takeTraffic()
  federation.run(REST_MS)
  const traffic = federation.takeTraffic()
  const per_s = (of: (one: Traffic) => number): number[] => traffic.map((one) => (of(one) * MS_PER_S) / REST_MS)
  const rows = ([
    ['messages/s', 'count', per_s(({ messages }) => messages)],
    ['bytes/s', 'bytes', per_s(({ bytes }) => bytes)],
    ['bytes/s with copies', 'bytes', per_s(({ bytes, copied_bytes }) => bytes + copied_bytes)],
    ['core, percent of one processor', 'percent', traffic.map(({ cpu_ms }) => (100 * cpu_ms) / REST_MS)],
  ] as const).map(([what, unit, samples]) => {
    const least = atRest.get(what)
    const made = row(`${federation.members} members at rest, each: ${what}`, unit, samples, least ? peerOf(least) : null)
    if (!least) atRest.set(what, made)
    return made
  })
  return rows
}

function playTheft(federation: TimedFederation): { readonly rows: Row[]; readonly wrong: string[] } {
  federation.takeTraffic()
  const began_ms = federation.now_ms
  federation.theft()
  federation.run(INCIDENT_MS)
  const certified_ms = [...federation.certified.values()].map((at_ms) => at_ms - began_ms)
  const broadcast_ms = [...federation.broadcast.values()].map((at_ms) => at_ms - began_ms)
  const traffic = federation.takeTraffic()
  const wrong: string[] = []
  if (certified_ms.length < federation.members) wrong.push(`only ${certified_ms.length} members certified the theft`)
  if (broadcast_ms.length === 0) wrong.push('nobody broadcast the clawback')
  if (wrong.length > 0) return { rows: [], wrong }
  const name = `${federation.members} members, ${federation.round_trip_ms} ms round trip`
  const limit = { name: 'one way', median: federation.round_trip_ms / 2 }
  return {
    wrong,
    rows: [
      timeRow(`${name}: theft to certificate`, certified_ms, limit),
      timeRow(`${name}: theft to the first broadcast`, [Math.min(...broadcast_ms)], { name: 'two ways', median: federation.round_trip_ms }),
      row(`${name}: messages of an incident, each`, 'count', traffic.map(({ messages }) => messages)),
      row(`${name}: bytes of an incident, each`, 'bytes', traffic.map(({ bytes }) => bytes)),
      timeRow(`${name}: core in an incident, each`, traffic.map(({ cpu_ms }) => cpu_ms)),
    ],
  }
}
