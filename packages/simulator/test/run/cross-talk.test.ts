import assert from 'node:assert/strict'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Endpoint } from '../../src/network/index.ts'
import { CrossTalk } from '../../src/run/cross-talk.ts'
import type { SimEpoch } from '../../src/run/epoch.ts'
import { Random, World } from '../../src/world/index.ts'

const FRAME = Uint8Array.of(7)

interface Heard {
  readonly epoch: number
  readonly at: number
  readonly from: number
}

/** As much of an epoch as cross-talk looks at. `machines`: of the members 1, 2, …. */
function epochOf(number: number, machines: readonly number[], heard: Heard[]): SimEpoch {
  const seats = machines.map((_, at): [number, Endpoint] => {
    const index = (at + 1) as MemberIndex
    const onFrame = (from: MemberIndex): boolean => heard.push({ epoch: number, at: index, from }) > 0
    return [index, { index, is_up: true, onFrame, onPeer: () => {}, passesOn: () => true }]
  })
  const epoch = { built: { machineOf: (index: number) => machines[index - 1] }, members: new Map(seats), network: { isConnected: () => true } }
  return epoch as unknown as SimEpoch
}

describe('what is heard under a lock that it is not of', () => {
  it('comes from the machine that carried it, by the index that it has there', () => {
    const world = new World()
    const heard: Heard[] = []
    const talk = new CrossTalk({ world, random: new Random(1, 'cross-talk'), every_ms: 0 })
    const first = epochOf(0, [1, 2, 3], heard)
    const next = epochOf(1, [2, 3, 4], heard)
    for (const epoch of [first, next]) talk.join(epoch)
    const [one] = first.members.values()
    assert.ok(one)
    const tapped = talk.tap(first, one)
    for (let i = 0; i < 20; i++) tapped.onFrame(3 as MemberIndex, 'gossip', FRAME, null)
    while (world.next());
    const strays = heard.filter(({ epoch }) => epoch === 1)
    assert.equal(heard.length - strays.length, 20)
    assert.equal(strays.length, 20)
    // Machine 3 is member 2 there.
    assert.ok(strays.every(({ from, at }) => from === 2 && at !== 2))
  })

  it('is nothing where whoever carried it has no place', () => {
    const world = new World()
    const heard: Heard[] = []
    const talk = new CrossTalk({ world, random: new Random(1, 'cross-talk'), every_ms: 0 })
    const first = epochOf(0, [1, 2, 3], heard)
    for (const epoch of [first, epochOf(1, [2, 3, 4], heard)]) talk.join(epoch)
    const one = first.members.get(2 as MemberIndex)
    assert.ok(one)
    talk.tap(first, one).onFrame(1 as MemberIndex, 'gossip', FRAME, null)
    while (world.next());
    assert.deepEqual(heard.filter(({ epoch }) => epoch === 1), [])
  })
})
