import { COUNTERS, type CounterName, MEMBER_FAULTS, type MemberFault, type NetworkCounters } from '@belfry/network'
import type { State } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { INPUT_CLASSES, type LoopCounters, type InputClass } from '@belfry/runtime'
import { createCounters } from '../../src/chain/counters.ts'
import type { MetricsSources } from '../../src/metrics/index.ts'

const perClass = (value: number): Record<InputClass, number> =>
  Object.fromEntries(INPUT_CLASSES.map((name) => [name, value])) as Record<InputClass, number>

export function loopCounters(changes: Partial<LoopCounters> = {}): LoopCounters {
  return {
    turns: 10,
    ticks: 2,
    inputs: perClass(3),
    refused: perClass(0),
    batches: 4,
    records: 9,
    record_bytes: 900,
    largest_batch_entries: 3,
    largest_batch_bytes: 300,
    snapshots: 1,
    effects_after_durable: 6,
    effects_immediate: 7,
    queued: perClass(1),
    durable_index: 9 as LoopCounters['durable_index'],
    status: 'running',
    ...changes,
  }
}

export function networkCounters(changes: Partial<NetworkCounters> = {}): NetworkCounters {
  const zeros = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<CounterName, number>
  const faults = Object.fromEntries(MEMBER_FAULTS.map((name) => [name, new Map()])) as Record<MemberFault, Map<MemberIndex, number>>
  return { ...zeros, faults, members_connected: 4, gossip_peers: 4, queued_frames: 0, ...changes }
}

export function sourcesOf(state: State, changes: Partial<MetricsSources> = {}): MetricsSources {
  return {
    state: () => state,
    shell: () => ({ loop: 'running', chain_watcher: 'running', is_warm: true, unseen: null }),
    older: () => [],
    reserve: () => null,
    feeWallet: () => ({ state: 'none' }),
    loop: () => loopCounters(),
    network: () => networkCounters(),
    chain: () => createCounters(),
    room: () => 2 ** 30,
    logger: { lost: () => 0 },
    ...changes,
  }
}
