/** What the loop, the network, the chain watcher and the process count by themselves. */
import { processMemory } from '@belfry/keystore'
import { COUNTERS, type NetworkCounters } from '@belfry/network'
import type { LoopCounters, LoopStatus } from '@belfry/runtime'
import type { Registry } from 'prom-client'
import type { ChainCounters } from '../chain/index.ts'
import { byName, counterOf, gaugeOf } from './families.ts'

const LOOP_STATUSES = ['running', 'stopped', 'failed'] as const satisfies readonly LoopStatus[]

export function loopMetrics(registry: Registry): (counters: LoopCounters) => void {
  const counter = (name: string, help: string, labels: readonly string[] = []) =>
    counterOf(registry, { name: `belfry_loop_${name}_total`, help, labels })
  const gauge = (name: string, help: string, labels: readonly string[] = []) =>
    gaugeOf(registry, { name: `belfry_loop_${name}`, help, labels })
  const turns = counter('turns', 'Turns of the loop.')
  const ticks = counter('ticks', 'Inputs that were nothing but the time.')
  const inputs = counter('inputs', 'Inputs given to the core.', ['class'])
  const refused = counter('refused_inputs', 'Inputs dropped for want of room.', ['class'])
  const batches = counter('batches', 'Synced writes.')
  const records = counter('records', 'Records written.')
  const bytes = counter('record_bytes', 'Bytes of records written.')
  const snapshots = counter('snapshots', 'Snapshots written.')
  const effects = counter('effects', 'Effects performed, after the sync that they wait for or at once.', ['when'])
  const queued = gauge('queued_inputs', 'Inputs that wait.', ['class'])
  const largestBatch = gauge('largest_batch_bytes', 'The largest synced write since the start.')
  const index = gauge('durable_index', 'The last log entry known to be on disk.')
  const status = gauge('status', '1 for whether the loop runs.', ['status'])
  return (now) => {
    turns([[now.turns]])
    ticks([[now.ticks]])
    inputs(byName(now.inputs))
    refused(byName(now.refused))
    batches([[now.batches]])
    records([[now.records]])
    bytes([[now.record_bytes]])
    snapshots([[now.snapshots]])
    effects([
      [now.effects_after_durable, 'after-durable'],
      [now.effects_immediate, 'immediate'],
    ])
    queued(byName(now.queued))
    largestBatch([[now.largest_batch_bytes]])
    index([[now.durable_index]])
    status(LOOP_STATUSES.map((one) => [now.status === one ? 1 : 0, one]))
  }
}

export function networkMetrics(registry: Registry): (counters: NetworkCounters) => void {
  const counters = COUNTERS.map((name) => ({
    name,
    set: counterOf(registry, {
      name: `belfry_network_${name}_total`,
      help: `Of the network: ${name.replaceAll('_', ' ')}.`,
    }),
  }))
  const connected = gaugeOf(registry, {
    name: 'belfry_network_members_connected',
    help: 'Members with an open connection.',
  })
  const gossip = gaugeOf(registry, {
    name: 'belfry_network_gossip_peers',
    help: 'Members that gossip is exchanged with.',
  })
  const queued = gaugeOf(registry, { name: 'belfry_network_queued_frames', help: 'Frames that wait for a connection.' })
  return (now) => {
    for (const { name, set } of counters) set([[now[name]]])
    connected([[now.members_connected]])
    gossip([[now.gossip_peers]])
    queued([[now.queued_frames]])
  }
}

export function chainCounterMetrics(registry: Registry): (counters: Readonly<ChainCounters>) => void {
  const counter = (name: string, help: string, labels: readonly string[] = []) =>
    counterOf(registry, { name: `belfry_chain_${name}_total`, help, labels })
  const events = counter('events', 'Chain events told to the core.', ['event'])
  const blocks = counter('blocks', 'Blocks taken, by how they came.', ['source'])
  const passes = counter('mempool_passes', 'Times that the watched outpoints were looked up in the mempool.')
  const messages = counter('zmq_messages', 'Messages from bitcoind.')
  const malformed = counter('zmq_malformed', 'Messages that could not be read.')
  const gaps = counter('zmq_gaps', 'Times that messages were lost, or may have been.')
  const silences = counter('zmq_silences', 'Times that the socket was made anew for being silent.')
  const failures = counter('failures', 'Questions to bitcoind that failed.')
  return (now) => {
    events(byName(now.events))
    blocks([
      [now.blocks_by_zmq, 'zmq'],
      [now.blocks_by_fetch, 'fetch'],
    ])
    passes([[now.mempool_passes]])
    messages([[now.zmq_messages]])
    malformed([[now.zmq_malformed]])
    gaps([[now.zmq_gaps]])
    silences([[now.zmq_silences]])
    failures([[now.failures]])
  }
}

const MICROSECONDS_PER_SECOND = 1_000_000

export function processMetrics(registry: Registry): (lostLines: number) => void {
  const locked = gaugeOf(registry, {
    name: 'belfry_locked_memory_bytes',
    help: 'Memory pinned for secrets, in whole pages.',
  })
  const resident = gaugeOf(registry, {
    name: 'belfry_process_resident_memory_bytes',
    help: 'Memory of the whole process.',
  })
  const heap = gaugeOf(registry, { name: 'belfry_process_heap_used_bytes', help: 'JavaScript objects.' })
  const cpu = counterOf(registry, {
    name: 'belfry_process_cpu_seconds_total',
    help: 'Processor time, user and system.',
  })
  const started = gaugeOf(registry, {
    name: 'belfry_process_start_time_seconds',
    help: 'When the process started, in Unix time.',
  })
  const lost = counterOf(registry, {
    name: 'belfry_log_lines_lost_total',
    help: 'Log lines that could not be written, as on a full disk.',
  })
  return (lostLines) => {
    const { rss, heapUsed } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    lost([[lostLines]])
    locked([[processMemory.lockedBytes]])
    resident([[rss]])
    heap([[heapUsed]])
    cpu([[(user + system) / MICROSECONDS_PER_SECOND]])
    started([[performance.timeOrigin / 1_000]])
  }
}
