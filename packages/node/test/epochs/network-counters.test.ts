import assert from 'node:assert/strict'
import { Federation } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { memberLabel } from '../../src/epochs/label.ts'
import { networkCountersOf } from '../../src/epochs/network-counters.ts'
import { networkCounters } from '../metrics/sources.ts'
import { firstLock, lockAfter, ports, somebody } from './locks.ts'

const FIVE = ['alice', 'bob', 'carol', 'dave', 'erin'].map(somebody)
const [alice = assert.fail()] = FIVE
const FIRST = firstLock(FIVE)
const older = Federation.fromLock(ports, FIRST)
const newest = Federation.fromLock(ports, lockAfter(FIRST, FIVE, alice, somebody('frank')).lock)

describe('members in the metrics of a node that serves two epochs', () => {
  it('have one label each: bob was 2 and is 1, alice is in the older epoch alone', () => {
    assert.deepEqual([1, 2, 5].map((index) => memberLabel(newest, older, index)), ['0/1', '1', '4'])
    assert.deepEqual([1, 5].map((index) => memberLabel(newest, newest, index)), ['1', '5'])
  })

  it('are blamed for what they did under all locks together', () => {
    const faults = (entries: readonly (readonly [number, number])[]) =>
      ({ ...networkCounters().faults, gossip_rejected: new Map(entries.map(([index, count]) => [index as MemberIndex, count])) })
    const { faults: shown, queued_frames, members_connected } = networkCountersOf([
      { federation: newest, counters: networkCounters({ faults: faults([[1, 2]]), queued_frames: 3, members_connected: 2 }) },
      { federation: older, counters: networkCounters({ faults: faults([[2, 5], [1, 7]]), queued_frames: 4 }) },
    ])
    assert.deepEqual([...shown.gossip_rejected], [['1', 7], ['0/1', 7]])
    assert.deepEqual([queued_frames, members_connected], [7, 2])
  })
})
