import assert from 'node:assert/strict'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { type Endpoint, type NetworkFaults, SimNetwork } from '../../src/network/index.ts'
import { Random, World } from '../../src/world/index.ts'

const CALM: NetworkFaults = { delay_ms: 10, straggles: 0, drops: 0, duplicates: 0, replay_ms: null }
const MESSAGE = Uint8Array.of(1, 2, 3)

interface Arrival {
  readonly at: number
  readonly from: number
  readonly channel: string
  readonly token: number | null
}

class Setting {
  readonly world = new World()
  readonly network: SimNetwork
  readonly arrivals: Arrival[] = []
  /** The first two bytes of each arrival. */
  readonly read: number[] = []
  readonly peers: string[] = []
  readonly down = new Set<number>()
  readonly mute = new Set<number>()

  constructor(members: number, faults: NetworkFaults = CALM, seed = 5) {
    this.network = new SimNetwork({ faults }, { world: this.world, random: new Random(seed, 'network') })
    for (let index = 1; index <= members; index++) this.network.join(this.#endpoint(index as MemberIndex))
    for (let index = 1; index <= members; index++) this.network.changed(index as MemberIndex)
    this.settle()
  }

  #endpoint(index: MemberIndex): Endpoint {
    const { down, mute, arrivals, peers, read } = this
    return {
      index,
      get is_up() {
        return !down.has(index)
      },
      onFrame(from, channel, bytes, token) {
        if (down.has(index)) return false
        arrivals.push({ at: index, from, channel, token })
        read.push((bytes[0] ?? 0) * 256 + (bytes[1] ?? 0))
        return true
      },
      onPeer: (member, connected) => peers.push(`${index}${connected ? '+' : '-'}${member}`),
      passesOn: () => !mute.has(index),
    }
  }

  /** From the first to the second, a millisecond apart. */
  sendOneByOne(count: number): void {
    for (let i = 0; i < count; i++) this.world.after(i, () => this.network.send(member(1), member(2), Uint8Array.of(i >> 8, i & 0xff)))
  }

  settle(): void {
    while (this.world.next());
  }

  /** Lets everybody accept what arrives, until nothing does any more. */
  gossip(): number[] {
    let judged = 0
    for (;;) {
      this.settle()
      const news = this.arrivals.slice(judged)
      if (news.length === 0) return this.arrivals.map(({ at }) => at).toSorted((a, b) => a - b)
      judged = this.arrivals.length
      for (const { token } of news) if (token !== null) this.network.onVerdict(token, 'accept')
    }
  }

  cut(a: number, b: number): void {
    this.network.cut(a as MemberIndex, b as MemberIndex)
  }
}

const member = (index: number): MemberIndex => index as MemberIndex

describe('SimNetwork', () => {
  it('tells both ends of a connection once when it is made and once when it ends', () => {
    const setting = new Setting(2)
    assert.deepEqual(setting.peers.toSorted(), ['1+2', '2+1'])
    setting.cut(1, 2)
    setting.settle()
    assert.equal(setting.peers.length, 2, 'one way is open still')
    setting.cut(2, 1)
    setting.settle()
    assert.deepEqual(setting.peers.slice(2).toSorted(), ['1-2', '2-1'])
  })

  it('tells a member that starts again of its connections anew', () => {
    const setting = new Setting(2)
    setting.down.add(2)
    setting.network.changed(member(2))
    setting.settle()
    assert.deepEqual(setting.peers.slice(2), ['1-2'])
    setting.down.delete(2)
    setting.network.changed(member(2))
    setting.settle()
    assert.deepEqual(setting.peers.slice(3).toSorted(), ['1+2', '2+1'])
  })

  it('carries a stream one way alone where the other way is cut', () => {
    const setting = new Setting(2)
    setting.cut(1, 2)
    setting.network.send(member(1), member(2), MESSAGE)
    setting.network.send(member(2), member(1), MESSAGE)
    setting.settle()
    assert.deepEqual(setting.arrivals, [{ at: 1, from: 2, channel: 'stream', token: null }])
    setting.network.open(member(1), member(2))
    setting.network.send(member(1), member(2), MESSAGE)
    setting.settle()
    assert.equal(setting.arrivals.length, 2)
  })

  it('brings gossip to everybody once, and the same bytes again to nobody', () => {
    const setting = new Setting(5)
    setting.network.publish(member(1), MESSAGE)
    assert.deepEqual(setting.gossip(), [2, 3, 4, 5])
    setting.network.publish(member(1), Uint8Array.from(MESSAGE))
    assert.deepEqual(setting.gossip(), [2, 3, 4, 5])
  })

  it('brings gossip around a cut by those who accepted it, and not by those who keep it', () => {
    const around = new Setting(3)
    around.cut(1, 3)
    around.network.publish(member(1), MESSAGE)
    assert.deepEqual(around.gossip(), [2, 3])
    const kept = new Setting(3)
    kept.cut(1, 3)
    kept.mute.add(2)
    kept.network.publish(member(1), MESSAGE)
    assert.deepEqual(kept.gossip(), [2])
  })

  it('passes on nothing that was rejected or ignored', () => {
    const setting = new Setting(3)
    setting.cut(1, 3)
    setting.network.publish(member(1), MESSAGE)
    setting.settle()
    for (const { token } of setting.arrivals) if (token !== null) setting.network.onVerdict(token, 'ignore')
    setting.settle()
    assert.deepEqual(setting.arrivals.map(({ at }) => at), [2])
  })

  it('loses, doubles and delays as often as it is told to, and never between those that are spared', () => {
    const setting = new Setting(2, { delay_ms: 10, straggles: 0.5, drops: 0.3, duplicates: 0.3, replay_ms: null })
    setting.sendOneByOne(1_000)
    setting.settle()
    // 70 % arrive, 30 % of them twice.
    assert.ok(Math.abs(setting.arrivals.length - 910) < 60, String(setting.arrivals.length))
    setting.network.spare([member(1), member(2)])
    // Members take a moment to notice who is reachable now.
    setting.settle()
    setting.arrivals.length = 0
    const before_ms = setting.world.now_ms
    for (let i = 0; i < 1_000; i++) setting.network.send(member(1), member(2), MESSAGE)
    setting.settle()
    assert.ok(setting.arrivals.length >= 1_000)
    assert.ok(setting.world.now_ms - before_ms <= 10)
  })

  it('keeps the order of a stream, however late some of it is', () => {
    const setting = new Setting(2, { ...CALM, straggles: 0.3 })
    setting.sendOneByOne(300)
    setting.settle()
    assert.equal(setting.read.length, 300)
    assert.deepEqual(setting.read, setting.read.toSorted((a, b) => a - b))
  })

  it('keeps nothing that is sent between spared members behind what a stall holds up', () => {
    const setting = new Setting(2)
    setting.network.stall(member(1), member(2), 500_000)
    setting.network.send(member(1), member(2), Uint8Array.of(0, 1))
    setting.network.spare([member(1), member(2)])
    setting.network.send(member(1), member(2), Uint8Array.of(0, 2))
    setting.settle()
    assert.equal(setting.arrivals.length, 2)
    assert.deepEqual(setting.read, [2, 1])
  })

  it('loses with a part of a stream what was written after it at once', () => {
    for (let seed = 0; seed < 20; seed++) {
      const setting = new Setting(2, { ...CALM, drops: 0.3 })
      for (let i = 0; i < 20 + seed; i++) setting.network.send(member(1), member(2), Uint8Array.of(0, i))
      setting.settle()
      assert.ok(setting.read.length < 20 + seed)
      assert.deepEqual(setting.read, setting.read.map((_, at) => at))
    }
  })

  it('gives a process that starts again streams of its own, and brings what its old life sent late, or only the first part of it', () => {
    let late = 0
    for (let runs = 0; runs < 40; runs++) {
      const setting = new Setting(2, { ...CALM, delay_ms: 1_000 }, runs)
      setting.network.stall(member(1), member(2), 2_000)
      for (let i = 1; i <= 5; i++) setting.network.send(member(1), member(2), Uint8Array.of(0, i))
      setting.down.add(1)
      setting.network.changed(member(1))
      setting.down.delete(1)
      setting.network.changed(member(1))
      setting.world.after(3_000, () => setting.network.send(member(1), member(2), Uint8Array.of(1, 0)))
      setting.settle()
      const old = setting.read.filter((message) => message < 256)
      assert.deepEqual(old, [1, 2, 3, 4, 5].slice(0, old.length))
      assert.ok(setting.read.includes(256))
      late += Number(old.length === 5)
    }
    assert.ok(late > 5 && late < 35, String(late))
  })

  it('keeps no process waiting for what its old life had sent', () => {
    const setting = new Setting(2)
    setting.network.stall(member(1), member(2), 500_000)
    setting.network.send(member(1), member(2), Uint8Array.of(0, 1))
    setting.down.add(1)
    setting.network.changed(member(1))
    setting.down.delete(1)
    setting.network.changed(member(1))
    // Only what was under way then is held up.
    setting.network.stall(member(1), member(2), 0)
    setting.network.send(member(1), member(2), Uint8Array.of(0, 2))
    setting.settle()
    assert.equal(setting.read[0], 2)
  })

  it('brings nothing to a member that is down', () => {
    const setting = new Setting(2)
    setting.network.send(member(1), member(2), MESSAGE)
    setting.down.add(2)
    setting.settle()
    setting.network.send(member(1), member(2), MESSAGE)
    setting.settle()
    assert.deepEqual(setting.arrivals, [])
  })
})
