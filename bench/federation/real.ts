/** Five nodes as processes, five bitcoinds, libp2p on loopback: what a member really takes while nothing happens. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, type Member } from '../../packages/cli/src/demo/cluster/index.ts'
import type { BitcoindBinary } from '../../packages/client/src/regtest.ts'
import { type Row, row } from '../output/row.ts'

const MEMBERS = 5
/** As in the field. */
const HEARTBEAT_MS = 10_000
/** The talk of the beginning: connections, warming up, the first Pulls. */
const SETTLE_MS = 45_000
const REST_MS = 120_000
const MS_PER_S = 1_000

const COUNTED = {
  messages: ['belfry_network_gossip_received_total', 'belfry_network_frames_received_total'],
  bytes: ['belfry_network_gossip_received_bytes_total', 'belfry_network_frames_received_bytes_total'],
  cpu_s: ['belfry_process_cpu_seconds_total'],
} as const
type Counts = Readonly<Record<keyof typeof COUNTED, number>>

export interface RealInit {
  readonly binary: BitcoindBinary
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export async function real({ binary, progress, signal }: RealInit): Promise<{ readonly rows: Row[]; readonly wrong: string[] }> {
  progress(`starting ${MEMBERS} bitcoinds and ${MEMBERS} nodes`)
  const cluster = await Cluster.start({ members: MEMBERS, binary, heartbeat_ms: HEARTBEAT_MS, signal })
  try {
    await sleep(SETTLE_MS, undefined, { signal })
    progress(`looking on for ${REST_MS / MS_PER_S} s`)
    const before = await Promise.all(cluster.members.map(countsOf))
    await sleep(REST_MS, undefined, { signal })
    const after = await Promise.all(cluster.members.map(countsOf))
    const rates = after.map((now, at) => ratesOf(before[at] ?? now, now))
    const silent = rates.filter(({ messages }) => messages === 0).length
    const name = `${MEMBERS} real nodes at rest, each`
    return {
      wrong: silent > 0 ? [`${silent} nodes heard nothing of the others`] : [],
      rows: [
        row(`${name}: messages/s`, 'count', rates.map(({ messages }) => messages)),
        row(`${name}: bytes/s`, 'bytes', rates.map(({ bytes }) => bytes)),
        row(`${name}: percent of one processor`, 'percent', rates.map(({ cpu_s }) => 100 * cpu_s)),
      ],
    }
  } finally {
    await cluster.stop()
  }
}

/** A second of it. */
function ratesOf(before: Counts, after: Counts): Counts {
  const per_s = (key: keyof Counts): number => ((after[key] - before[key]) * MS_PER_S) / REST_MS
  return { messages: per_s('messages'), bytes: per_s('bytes'), cpu_s: per_s('cpu_s') }
}

async function countsOf({ api, name }: Member): Promise<Counts> {
  const text = (await api.get('/metrics'))?.text
  if (text === undefined) throw new Error(`${name} does not answer`)
  const sum = (names: readonly string[]): number => names.reduce((total, one) => total + valueOf(text, one), 0)
  return { messages: sum(COUNTED.messages), bytes: sum(COUNTED.bytes), cpu_s: sum(COUNTED.cpu_s) }
}

function valueOf(text: string, metric: string): number {
  const [, value] = new RegExp(`^${metric} (\\S+)$`, 'm').exec(text) ?? []
  if (value === undefined) throw new Error(`there is no metric ${metric}`)
  return Number(value)
}
