import assert from 'node:assert/strict'
import type { GossipVerdict } from '../../src/index.ts'
import { dialFrom, leaveStreamsUnanswered, startRawHost } from '../support/raw-host.ts'
import { bytesOf, connect, connectAll, TestFederation, type TestMember, TOPIC_PREFIX } from '../support/test-federation.ts'
import { until } from '../support/until.ts'

function textsOf(member: TestMember): string[] {
  return member.gossip.map(({ text }) => text)
}

describe('gossip', () => {
  let federation: TestFederation
  afterEach(() => federation.stop())

  type Judge = (index: number, text: string) => GossipVerdict

  async function startAll(count: number, judge: Judge = () => 'accept') {
    federation = new TestFederation(count)
    const members: TestMember[] = []
    for (let index = 1; index <= count; index++) {
      members.push(await federation.start(index, { verdict: (text) => judge(index, text) }))
    }
    return members
  }

  async function startTwo(judge?: Judge) {
    return await startAll(2, judge) as [TestMember, TestMember]
  }

  async function startThree(judge?: Judge) {
    return await startAll(3, judge) as [TestMember, TestMember, TestMember]
  }

  it('of each of five members reaches all others exactly once, and not itself', async () => {
    const members = await startAll(5)
    await connectAll(members)
    for (const { index, network } of members) network.gossip(bytesOf(`from ${index}`))
    await until('all heard all', () => members.every(({ gossip }) => gossip.length >= 4))
    // Whatever is still under way is a copy of one of these, or overtaken by one more round.
    for (const { index, network } of members) network.gossip(bytesOf(`again from ${index}`))
    await until('all heard all again', () => members.every(({ gossip }) => gossip.length >= 8))
    for (const member of members) {
      const others = members.filter(({ index }) => index !== member.index)
      const expected = others.flatMap(({ index }) => [`from ${index}`, `again from ${index}`])
      assert.deepEqual(textsOf(member).sort(), expected.sort())
    }
  })

  it('goes through a member to those that its author is not connected with', async () => {
    const [a, b, c] = await startThree()
    await connect(a, b)
    await connect(b, c)
    a.network.gossip(bytesOf('hello'))
    await until('c heard it', () => c.gossip.length > 0)
    assert.deepEqual(c.gossip, [{ from: 2, text: 'hello' }])
    assert.deepEqual(b.gossip, [{ from: 1, text: 'hello' }])
  })

  it('that is rejected or ignored is not forwarded', async () => {
    const verdicts: Record<string, GossipVerdict> = { bad: 'reject', early: 'ignore', good: 'accept' }
    const [a, b, c] = await startThree((_index, text) => verdicts[text] ?? 'accept')
    await connect(a, b)
    await connect(b, c)
    for (const text of ['bad', 'early', 'good']) a.network.gossip(bytesOf(text))
    await until('c heard the good one', () => c.gossip.length > 0)
    assert.deepEqual(textsOf(b), ['bad', 'early', 'good'])
    assert.deepEqual(textsOf(c), ['good'])
    const { gossip_rejected, gossip_ignored, gossip_accepted } = b.network.counters()
    assert.deepEqual([gossip_rejected, gossip_ignored, gossip_accepted], [1, 1, 1])
  })

  it('that is ignored from one forwarder is judged again when it comes from another', async () => {
    let ready = false
    const [a, b, c] = await startThree((index) => index === 2 && !ready ? 'ignore' : 'accept')
    await connect(a, b)
    await connect(b, c)
    a.network.gossip(bytesOf('vote'))
    await until('b heard it', () => b.gossip.length === 1)
    ready = true
    c.network.gossip(bytesOf('vote'))
    await until('b heard it again', () => b.gossip.length === 2)
    assert.deepEqual(b.gossip, [{ from: 1, text: 'vote' }, { from: 3, text: 'vote' }])
  })

  it('that is ignored again and again costs its sender nothing', async () => {
    const [a, b] = await startTwo((_index, text) => text.startsWith('early') ? 'ignore' : 'accept')
    await connect(a, b)
    for (let i = 0; i < 300; i++) a.network.gossip(bytesOf(`early ${i}`))
    await until('b ignored all', () => b.network.counters().gossip_ignored === 300)
    a.network.gossip(bytesOf('good'))
    await until('b heard the good one', () => textsOf(b).includes('good'))
  })

  it('of a member that sends invalid messages is no longer heard, and others are', async () => {
    const [a, b, c] = await startThree((_index, text) => text.startsWith('bad') ? 'reject' : 'accept')
    await connect(a, b)
    await connect(b, c)
    let sent = 0
    let heardAt = { sent: 0, received: -1 }
    await until('b stopped listening to a', () => {
      a.network.gossip(bytesOf(`bad ${sent++}`))
      const { gossip_received } = b.network.counters()
      if (gossip_received !== heardAt.received) heardAt = { sent, received: gossip_received }
      return sent - heardAt.sent > 50
    })
    assert.ok(b.network.counters().gossip_rejected >= 5)
    assert.deepEqual([...b.network.counters().faults.gossip_rejected.keys()], [a.index])
    c.network.gossip(bytesOf('good'))
    await until('b heard c', () => textsOf(b).includes('good'))
    assert.deepEqual(textsOf(c), [])
  })

  it('of the same bytes again is not sent again', async () => {
    const [a, b] = await startTwo()
    await connect(a, b)
    for (let i = 0; i < 3; i++) a.network.gossip(bytesOf('once'))
    a.network.gossip(bytesOf('more'))
    await until('b heard more', () => textsOf(b).includes('more'))
    assert.deepEqual(textsOf(b), ['once', 'more'])
    assert.equal(a.network.counters().gossip_published_again, 2)
  })

  it('to nobody is no error, and can be said again once somebody is there', async () => {
    const [a, b] = await startTwo()
    a.network.gossip(bytesOf('hello'))
    await until('it went nowhere', () => a.network.counters().gossip_unpublished === 1)
    await connect(a, b)
    a.network.gossip(bytesOf('hello'))
    await until('b heard it', () => textsOf(b).includes('hello'))
  })

  it('over the size limit is not sent', async () => {
    federation = new TestFederation(2)
    const a = await federation.start(1, { limits: { maxGossipBytes: 100 } })
    const b = await federation.start(2, { limits: { maxGossipBytes: 100 } })
    await connect(a, b)
    a.network.gossip(new Uint8Array(101))
    a.network.gossip(new Uint8Array(100))
    await until('b heard one', () => b.gossip.length > 0)
    assert.equal(b.gossip.length, 1)
    assert.equal(a.network.counters().gossip_oversize_unsent, 1)
  })

  it('over the size limit of another member is rejected there', async () => {
    federation = new TestFederation(2)
    const a = await federation.start(1)
    const b = await federation.start(2, { limits: { maxGossipBytes: 100 } })
    await connect(a, b)
    a.network.gossip(new Uint8Array(200))
    await until('b rejected it', () => b.network.counters().gossip_rejected === 1)
    assert.deepEqual(b.gossip, [])
  })

  it('that a handler fails on counts as ignored', async () => {
    const [a, b] = await startTwo((_index, text) => {
      if (text === 'trap') throw new Error('a bug')
      return 'accept'
    })
    await connect(a, b)
    a.network.gossip(bytesOf('trap'))
    await until('b ignored it', () => b.network.counters().gossip_ignored === 1)
  })

  it('goes on when a member drops the stream for it', async () => {
    federation = new TestFederation(2)
    const a = await federation.start(1)
    const raw = await startRawHost(federation.identity(2))
    let streams = 0
    await raw.handle(`/belfry/${TOPIC_PREFIX}/meshsub/1.2.0`, (stream) => {
      streams++
      stream.abort(new Error('dropped'))
    })
    try {
      await dialFrom(raw, a)
      await until('a opened it again', () => streams >= 2)
    } finally {
      await raw.stop()
    }
  })

  it('goes on to a member whose own gossip could not be read', async () => {
    federation = new TestFederation(2)
    const a = await federation.start(1, { limits: { maxGossipBytes: 1_000 } })
    const raw = await startRawHost(federation.identity(2))
    let streams = 0
    await raw.handle(`/belfry/${TOPIC_PREFIX}/meshsub/1.2.0`, () => void streams++)
    try {
      const connection = await dialFrom(raw, a)
      await until('a opened its stream', () => streams === 1)
      const stream = await connection.newStream(`/belfry/${TOPIC_PREFIX}/meshsub/1.2.0`)
      stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1, 2, 3))
      await until('a opened it again', () => streams === 2)
    } finally {
      await raw.stop()
    }
  })

  it('with one member is not held up by another that never answers', async () => {
    federation = new TestFederation(3)
    const [a, b] = [await federation.start(1), await federation.start(3)]
    const silent = await startRawHost(federation.identity(2))
    silent.addEventListener('connection:open', ({ detail }) => leaveStreamsUnanswered(detail))
    try {
      await dialFrom(silent, a)
      await until('a is connected with it', () => a.network.connected().length === 1)
      await connect(a, b)
      a.network.gossip(bytesOf('hello'))
      await until('b heard it', () => b.gossip.length === 1)
      const { gossip_streams_opened, gossip_streams_failed } = a.network.counters()
      assert.deepEqual([gossip_streams_opened, gossip_streams_failed], [1, 0])
    } finally {
      await silent.stop()
    }
  })

  it('from a flood is slowed down to its budget, and the others are heard meanwhile', async () => {
    federation = new TestFederation(3)
    const limits = { gossipBytesPerSecond: 50_000, gossipBurstBytes: 50_000 }
    const a = await federation.start(1)
    const b = await federation.start(2, { limits })
    const c = await federation.start(3)
    await connect(a, b)
    await connect(b, c)
    for (let i = 0; i < 2_000; i++) a.network.gossip(bytesOf(`flood ${i} ${'x'.repeat(1_000)}`))
    await until('b paused', () => b.network.counters().gossip_reads_paused > 0)
    c.network.gossip(bytesOf('vote'))
    await until('b heard c', () => textsOf(b).includes('vote'))
    assert.ok(b.gossip.length < 2_000)
    assert.deepEqual([...b.network.counters().faults.gossip_reads_paused.keys()], [a.index])
  })
})
