/** What the loop, the network, the chain watcher and the process count by themselves. */
import { processMemory } from '@belfry/keystore'
import { COUNTERS, type CounterName, MEMBER_FAULTS, type MemberFault, type NetworkCounters } from '@belfry/network'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { LoopCounters, LoopStatus } from '@belfry/runtime'
import type { ChainCounters } from '../chain/index.ts'
import { type Family, byName, metric, oneOf } from './families.ts'

const LOOP_STATUSES = ['running', 'stopped', 'failed'] as const satisfies readonly LoopStatus[]

export const LOOP_METRICS: readonly Family<LoopCounters>[] = [
  metric('belfry_loop_turns_total', 'Turns of the loop.', ({ turns }) => turns),
  metric('belfry_loop_ticks_total', 'Inputs that were nothing but the time.', ({ ticks }) => ticks),
  metric('belfry_loop_inputs_total', 'Inputs given to the core.', ({ inputs }) => byName(inputs), ['class']),
  metric('belfry_loop_refused_inputs_total', 'Inputs dropped for want of room.',
    ({ refused }) => byName(refused), ['class']),
  metric('belfry_loop_batches_total', 'Synced writes.', ({ batches }) => batches),
  metric('belfry_loop_records_total', 'Records written.', ({ records }) => records),
  metric('belfry_loop_record_bytes_total', 'Bytes of records written.', ({ record_bytes }) => record_bytes),
  metric('belfry_loop_snapshots_total', 'Snapshots written.', ({ snapshots }) => snapshots),
  metric('belfry_loop_effects_total', 'Effects performed, after the sync that they wait for or at once.',
    (loop) => [[loop.effects_after_durable, 'after-durable'], [loop.effects_immediate, 'immediate']], ['when']),
  metric('belfry_loop_queued_inputs', 'Inputs that wait.', ({ queued }) => byName(queued), ['class']),
  metric('belfry_loop_largest_batch_bytes', 'The largest synced write since the start.',
    (loop) => loop.largest_batch_bytes),
  metric('belfry_loop_durable_index', 'The last log entry known to be on disk.', (loop) => loop.durable_index),
  metric('belfry_loop_status', '1 for whether the loop runs.',
    (loop) => oneOf(LOOP_STATUSES, (status) => loop.status === status), ['status']),
]

/** Faults by the label of the member. */
export interface ShownNetwork extends Omit<NetworkCounters, 'faults'> {
  readonly faults: Readonly<Record<MemberFault, ReadonlyMap<MemberIndex | string, number>>>
}

export const NETWORK_METRICS: readonly Family<ShownNetwork>[] = [
  ...COUNTERS.map(networkCounter),
  metric('belfry_network_members_connected', 'Members with an open connection.',
    (network) => network.members_connected),
  metric('belfry_network_gossip_peers', 'Members that gossip is exchanged with.', (network) => network.gossip_peers),
  metric('belfry_network_queued_frames', 'Frames that wait for a connection.', (network) => network.queued_frames),
]

function networkCounter(counter: CounterName): Family<ShownNetwork> {
  const name = `belfry_network_${counter}_total`
  const help = `Of the network: ${counter.replaceAll('_', ' ')}.`
  if (!isFault(counter)) return metric(name, help, (network) => network[counter])
  return metric(name, help, ({ faults }) => Array.from(faults[counter], ([member, count]) => [count, `${member}`]),
    ['member'])
}

function isFault(counter: CounterName): counter is MemberFault {
  return MEMBER_FAULTS.some((fault) => fault === counter)
}

export const CHAIN_METRICS: readonly Family<Readonly<ChainCounters>>[] = [
  metric('belfry_chain_events_total', 'Chain events told to the core.', ({ events }) => byName(events), ['event']),
  metric('belfry_chain_blocks_total', 'Blocks taken, by how they came.',
    (chain) => [[chain.blocks_by_zmq, 'zmq'], [chain.blocks_by_fetch, 'fetch']], ['source']),
  metric('belfry_chain_mempool_passes_total', 'Times that the watched outpoints were looked up in the mempool.',
    (chain) => chain.mempool_passes),
  metric('belfry_chain_mempool_readings_total', 'Times that every transaction of the mempool was looked at.',
    (chain) => chain.mempool_readings),
  metric('belfry_chain_movements_without_room_total', 'Movements of wallets that are not told: too many coins are followed.',
    (chain) => chain.movements_without_room),
  metric('belfry_chain_blocks_unseen_total', 'Blocks that bitcoind had pruned before they were read.',
    (chain) => chain.blocks_unseen),
  metric('belfry_chain_zmq_messages_total', 'Messages from bitcoind.', (chain) => chain.zmq_messages),
  metric('belfry_chain_zmq_malformed_total', 'Messages that could not be read.', (chain) => chain.zmq_malformed),
  metric('belfry_chain_zmq_gaps_total', 'Times that messages were lost, or may have been.', (chain) => chain.zmq_gaps),
  metric('belfry_chain_zmq_silences_total', 'Times that the socket was made anew for being silent.',
    (chain) => chain.zmq_silences),
  metric('belfry_chain_failures_total', 'Questions to bitcoind that failed.', (chain) => chain.failures),
]

const MICROSECONDS_PER_SECOND = 1_000_000

/** Read from the process itself, but for the log lines that could not be written. */
export const PROCESS_METRICS: readonly Family<{ readonly lost_lines: number; readonly free_bytes: number | null }>[] = [
  metric('belfry_locked_memory_bytes', 'Memory pinned for secrets, in whole pages.', () => processMemory.lockedBytes),
  metric('belfry_process_resident_memory_bytes', 'Memory of the whole process.', () => process.memoryUsage.rss()),
  metric('belfry_process_heap_used_bytes', 'JavaScript objects.', () => process.memoryUsage().heapUsed),
  metric('belfry_process_cpu_seconds_total', 'Processor time, user and system.', cpuSeconds),
  metric('belfry_process_start_time_seconds', 'When the process started, in Unix time.',
    () => performance.timeOrigin / 1_000),
  metric('belfry_log_lines_lost_total', 'Log lines that could not be written, as on a full disk.',
    ({ lost_lines }) => lost_lines),
  metric('belfry_data_disk_free_bytes', 'Free on the disk of the data directory: a node whose disk is full ends.',
    ({ free_bytes }) => free_bytes),
]

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / MICROSECONDS_PER_SECOND
}
