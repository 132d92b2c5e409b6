import assert from 'node:assert/strict'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { encodeFrame } from '../../src/framing/frame.ts'
import { dialFrom, startRawHost } from '../support/raw-host.ts'
import { bytesOf, connect, introduce, TestFederation, TOPIC_PREFIX } from '../support/test-federation.ts'
import { until } from '../support/until.ts'

const PROTOCOL = `/belfry/${TOPIC_PREFIX}/member/1`
const ONE = 1 as MemberIndex
const TWO = 2 as MemberIndex

describe('member streams', () => {
  let federation: TestFederation
  let raw: Libp2p | null = null

  beforeEach(() => {
    federation = new TestFederation(3)
  })

  afterEach(async () => {
    await federation.stop()
    await raw?.stop()
    raw = null
  })

  async function startRawMember(index: number): Promise<Libp2p> {
    raw = await startRawHost(federation.identity(index))
    return raw
  }

  it('carry frames both ways, in order', async () => {
    const [a, b] = [await federation.start(1), await federation.start(2)]
    await connect(a, b)
    for (let i = 0; i < 1_000; i++) {
      a.network.send(TWO, bytesOf(`a ${i}`))
      b.network.send(ONE, bytesOf(`b ${i}`))
    }
    await until('all arrived', () => a.frames.length === 1_000 && b.frames.length === 1_000)
    assert.deepEqual(b.frames, Array.from({ length: 1_000 }, (_, i) => ({ from: ONE, text: `a ${i}` })))
    assert.deepEqual(a.frames, Array.from({ length: 1_000 }, (_, i) => ({ from: TWO, text: `b ${i}` })))
    assert.deepEqual([a, b].map(({ network }) => network.counters().member_streams_opened), [1, 1])
  })

  it('carry the largest frame, and no larger one', async () => {
    const limits = { maxFrameBytes: 500_000 }
    const [a, b] = [await federation.start(1, { limits }), await federation.start(2, { limits })]
    await connect(a, b)
    a.network.send(TWO, new Uint8Array(500_001))
    a.network.send(TWO, new Uint8Array(0))
    a.network.send(TWO, new Uint8Array(500_000))
    await until('it arrived', () => b.frames.length === 1)
    assert.equal(b.frames[0]?.text.length, 500_000)
    assert.equal(a.network.counters().frames_oversize_unsent, 2)
  })

  it('keep the newest frames for a member that is away, up to the limit', async () => {
    const a = await federation.start(1, { limits: { sendQueueFrames: 10 } })
    for (let i = 0; i < 25; i++) a.network.send(TWO, bytesOf(`${i}`))
    assert.equal(a.network.counters().frames_dropped_queue, 15)
    assert.equal(a.network.counters().queued_frames, 10)
    const b = await federation.start(2)
    introduce(a, b)
    await until('they arrived', () => b.frames.length === 10)
    assert.deepEqual(b.frames.map(({ text }) => text), Array.from({ length: 10 }, (_, i) => `${i + 15}`))
    assert.equal(a.network.counters().queued_frames, 0)
  })

  it('work again after a member restarts', async () => {
    const [a, b] = [await federation.start(1), await federation.start(2)]
    await connect(a, b)
    const [listen] = b.network.listening()
    assert.ok(listen)
    await b.network.stop()
    await until('a noticed', () => a.network.connected().length === 0)
    a.network.send(TWO, bytesOf('while you were away'))
    const again = await federation.start(2, { listen })
    await until('a dialled again', () => again.frames.length === 1)
    a.network.gossip(bytesOf('welcome back'))
    again.network.send(ONE, bytesOf('thanks'))
    await until('frames flow', () => a.frames.length === 1)
    await until('gossip flows', () => {
      if (again.gossip.length === 0) a.network.gossip(bytesOf('welcome back'))
      return again.gossip.length > 0
    })
    assert.deepEqual(a.peers.map(({ index, connected }) => [index, connected]), [[2, true], [2, false], [2, true]])
  })

  it('are opened again when they are killed, and the queue goes on', async () => {
    const a = await federation.start(1)
    const streams: Stream[] = []
    const frames: number[] = []
    const host = await startRawMember(2)
    await host.handle(PROTOCOL, (stream) => {
      streams.push(stream)
      stream.addEventListener('message', ({ data }) => frames.push(data.byteLength))
    })
    await dialFrom(host, a)
    await until('a opened its stream', () => streams.length === 1)
    streams[0]?.abort(new Error('killed'))
    await until('a opened another', () => streams.length === 2)
    a.network.send(TWO, bytesOf('hello'))
    await until('it arrived', () => frames.length === 1)
    await streams[1]?.close()
    await until('a opened a third', () => streams.length === 3)
    await until('three were counted', () => a.network.counters().member_streams_opened === 3)
  })

  it('that bring anything back are dropped', async () => {
    const a = await federation.start(1)
    const streams: Stream[] = []
    const host = await startRawMember(2)
    await host.handle(PROTOCOL, (stream) => {
      streams.push(stream)
      if (streams.length === 1) stream.send(Uint8Array.of(1))
    })
    await dialFrom(host, a)
    await until('a opened another', () => streams.length === 2)
    await until('the first is gone', () => streams[0]?.status !== 'open')
  })

  const malformed: readonly (readonly [string, Uint8Array])[] = [
    ['an oversize frame', Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 1, 2, 3)],
    ['a frame one byte over the limit', new Uint8Array(encodeFrame(new Uint8Array(1024 * 1024 + 1)))],
    ['an empty frame', new Uint8Array(4)],
  ]
  for (const [what, bytes] of malformed) {
    it(`are closed and counted for ${what}, and the next stream is read`, async () => {
      const a = await federation.start(1)
      const host = await startRawMember(2)
      const connection = await dialFrom(host, a)
      const bad = await connection.newStream(PROTOCOL)
      bad.send(encodeFrame(bytesOf('before')))
      bad.send(bytes)
      await until('it was closed', () => bad.status !== 'open')
      assert.equal(a.network.counters().member_streams_malformed, 1)
      assert.deepEqual(a.network.counters().faults.member_streams_malformed, new Map([[TWO, 1]]))
      const good = await connection.newStream(PROTOCOL)
      good.send(encodeFrame(bytesOf('after')))
      await until('the next was read', () => a.frames.length === 2)
      assert.deepEqual(a.frames.map(({ text }) => text), ['before', 'after'])
    })
  }

  it('are counted as malformed when they end inside a frame', async () => {
    const a = await federation.start(1)
    const connection = await dialFrom(await startRawMember(2), a)
    const stream = await connection.newStream(PROTOCOL)
    stream.send(encodeFrame(bytesOf('whole')))
    stream.send(encodeFrame(bytesOf('cut')).subarray(0, 5))
    await stream.close()
    await until('it was counted', () => a.network.counters().member_streams_malformed === 1)
    assert.deepEqual(a.frames, [{ from: TWO, text: 'whole' }])
  })

  it('replace an earlier one of the same member', async () => {
    const a = await federation.start(1)
    const connection = await dialFrom(await startRawMember(2), a)
    const first = await connection.newStream(PROTOCOL)
    first.send(encodeFrame(bytesOf('first')))
    await until('the first was read', () => a.frames.length === 1)
    const second = await connection.newStream(PROTOCOL)
    second.send(encodeFrame(bytesOf('second')))
    await until('the second was read', () => a.frames.length === 2)
    await until('the first was closed', () => first.status !== 'open')
    assert.equal(second.status, 'open')
    assert.equal(a.network.counters().member_streams_replaced, 1)
  })

  it('of a flooding member are slowed to its budget, and those of others are not', async () => {
    const limits = { maxFrameBytes: 10_000, memberBytesPerSecond: 100_000, memberBurstBytes: 200_000 }
    const [a, b] = [await federation.start(1, { limits }), await federation.start(3)]
    await connect(a, b)
    const connection = await dialFrom(await startRawMember(2), a)
    const flood = await openStream(connection)
    for (let i = 0; i < 3_000; i++) flood.send(encodeFrame(new Uint8Array(9_000)))
    await until('a paused', () => a.network.counters().frame_reads_paused > 0)
    b.network.send(ONE, bytesOf('hello'))
    await until('the other was heard', () => a.frames.some(({ from }) => from === 3))
    const delivered = a.frames.filter(({ from }) => from === 2).length
    assert.ok(delivered < 1_500, `${delivered} frames of the flood were delivered`)
    assert.ok(flood.writeBufferLength > 10_000_000, 'the flood waits at its sender')
    assert.deepEqual([...a.network.counters().faults.frame_reads_paused.keys()], [TWO])
  })

  it('of tiny frames are slowed too: each costs more than its bytes', async () => {
    const limits = { maxFrameBytes: 10_000, memberBytesPerSecond: 100_000, memberBurstBytes: 100_000 }
    const a = await federation.start(1, { limits })
    const flood = await openStream(await dialFrom(await startRawMember(2), a))
    flood.send(Buffer.concat(Array.from({ length: 10_000 }, () => encodeFrame(Uint8Array.of(7)))))
    await until('a dropped', () => a.network.counters().frames_dropped_budget > 0)
    assert.ok(a.frames.length < 1_000, `${a.frames.length} frames`)
    assert.deepEqual([...a.network.counters().faults.frames_dropped_budget.keys()], [TWO])
  })

  it('to a member that does not read fill a bounded queue', async () => {
    const a = await federation.start(1, { limits: { sendQueueFrames: 20, maxFrameBytes: 100_000 } })
    const host = await startRawMember(2)
    const streams: Stream[] = []
    await host.handle(PROTOCOL, (stream) => {
      stream.pause()
      streams.push(stream)
    })
    await dialFrom(host, a)
    await until('a opened its stream', () => streams.length === 1)
    for (let i = 0; i < 100; i++) a.network.send(TWO, new Uint8Array(100_000))
    const { queued_frames, frames_dropped_queue, frames_sent } = a.network.counters()
    assert.equal(queued_frames, 20)
    assert.equal(queued_frames + frames_dropped_queue + frames_sent, 100)
  })
})

async function openStream(connection: Connection): Promise<Stream> {
  return connection.newStream(PROTOCOL)
}
