import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Publisher } from 'zeromq'
import { pollUntil } from '../../support/stage.ts'
import { allAt, Listener } from '../support/listener.ts'

const BLOCK = Buffer.alloc(100, 3)

describe('the ZMQ subscriber', () => {
  let publisher: Publisher
  let address: string
  let listener: Listener
  let numbers: Map<string, number>

  beforeEach(async () => {
    numbers = new Map()
    publisher = new Publisher({ linger: 0 })
    await publisher.bind('tcp://127.0.0.1:*')
    address = publisher.lastEndpoint ?? ''
    listener = new Listener(allAt(address))
    await listener.untilLive(() => say('rawtx'))
    await say('rawtx', Buffer.from('the last of the beginning'))
    await listener.when('the beginning', () => listener.heard.some((one) =>
      one.kind === 'transaction' && one.bytes.length === 'the last of the beginning'.length))
    listener.heard.splice(0)
  })

  afterEach(async () => {
    await listener.stop().catch(() => undefined)
    publisher.close()
  })

  function numberOf(value: number): Buffer {
    const number = Buffer.alloc(4)
    number.writeUInt32LE(value)
    return number
  }

  /** The next message of a topic, as bitcoind numbers them. */
  async function say(topic: string, body: Buffer = Buffer.from(topic)): Promise<number> {
    const number = (numbers.get(topic) ?? -1) + 1
    numbers.set(topic, number)
    await publisher.send([topic, body, numberOf(number)])
    return number
  }

  function lose(topic: string, count: number): void {
    numbers.set(topic, (numbers.get(topic) ?? -1) + count)
  }

  async function heard(count: number): Promise<string[]> {
    await listener.when(`${count} messages`, () => listener.heard.length >= count)
    return listener.heard.map((one) => one.kind === 'gap' ? `${one.gap.reason} ${one.gap.topic}` : one.kind)
  }

  it('hands messages on in their order, over all topics', async () => {
    await say('rawblock', BLOCK)
    await say('sequence', Buffer.concat([Buffer.alloc(32), Buffer.from('C')]))
    await heard(4)
    listener.heard.splice(0)
    const expected: string[] = []
    for (let i = 0; i < 50; i++) {
      await say('rawblock', BLOCK)
      await say('rawtx')
      await say('sequence', Buffer.concat([Buffer.alloc(32), Buffer.from(i % 2 === 0 ? 'C' : 'D')]))
      expected.push('block', 'transaction', 'sequence')
    }
    assert.deepEqual(await heard(expected.length), expected)
  })

  it('names the gap before the message that shows it, and waits until it is filled', async () => {
    const filling = Promise.withResolvers<void>()
    listener.onHeard = (one) => one.kind === 'gap' ? filling.promise : undefined
    const last = await say('rawtx')
    lose('rawtx', 3)
    const got = await say('rawtx')
    await say('rawtx')
    await listener.when('the gap', () => listener.counters.zmq_gaps === 2)
    assert.deepEqual(await heard(1), ['transaction'])
    filling.resolve()
    assert.deepEqual(await heard(4), ['transaction', 'number rawtx', 'transaction', 'transaction'])
    assert.deepEqual(listener.gaps, [{ topic: 'rawtx', expected: last + 1, got, reason: 'number' }])
  })

  it('names a publisher that was restarted', async () => {
    for (let i = 0; i < 5; i++) await say('rawtx')
    numbers.clear()
    await say('rawtx')
    assert.deepEqual((await heard(7)).slice(5), ['restart rawtx', 'transaction'])
  })

  it('takes its time for a handler that takes its own, and hands on nothing meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = listener.counters.zmq_messages
    listener.onHeard = () => promise
    for (let i = 0; i < 20; i++) await say('rawtx')
    await listener.when('the first', () => listener.counters.zmq_messages === before + 1)
    assert.deepEqual(listener.heard, [])
    resolve()
    await heard(20)
    assert.deepEqual(listener.gaps, [])
  })

  it('tells of what cannot be read as a gap, and goes on', async () => {
    const before = listener.counters.zmq_malformed
    await publisher.send(['rawtx'])
    await publisher.send(['rawtx', 'body', 'number'])
    await publisher.send(['rawtx', '', numberOf(0), 'more'])
    await publisher.send(['rawtxs', '', numberOf(0)])
    await say('sequence', Buffer.from('nonsense'))
    await say('rawblock', Buffer.alloc(80))
    await say('rawtx', Buffer.alloc(0))
    const none = 'malformed null'
    assert.deepEqual(await heard(9), [
      none, none, none, none, 'first sequence', 'malformed sequence', 'first rawblock', 'malformed rawblock', 'transaction',
    ])
    assert.equal(listener.counters.zmq_malformed - before, 6)
  })

  it('tells at once of a connection that is lost, of every topic, and then of what comes first', async () => {
    publisher.close()
    await listener.when('three gaps', () => listener.gaps.length === 3)
    assert.deepEqual(listener.gaps.map(({ reason }) => reason), ['disconnect', 'disconnect', 'disconnect'])
    assert.equal(listener.subscriber.isLive, false)
    listener.heard.splice(0)
    publisher = new Publisher({ linger: 0 })
    await publisher.bind(address)
    // Numbers that would seem to follow.
    await listener.untilLive(() => say('rawtx'))
    const [first] = listener.gaps
    assert.deepEqual([first?.topic, first?.reason], ['rawtx', 'first'])
  })

  it('tells of a lost connection after the message that is worked on', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    listener.onHeard = (one) => one.kind === 'transaction' ? promise : undefined
    const before = listener.counters.zmq_messages
    await say('rawtx')
    await listener.when('the message', () => listener.counters.zmq_messages === before + 1)
    const other = new Listener(allAt(address))
    await other.untilLive(() => say('rawtx'))
    publisher.close()
    // By when another has told of it.
    await other.when('its gap', () => other.gaps.some(({ reason }) => reason === 'disconnect'))
    await other.stop()
    assert.deepEqual(listener.heard, [])
    resolve()
    assert.ok((await heard(1)).includes('transaction'))
    const kinds = await heard(4)
    assert.ok(kinds.indexOf('transaction') < kinds.indexOf('disconnect rawtx'))
  })

  it('is made anew, and tells of what comes first', async () => {
    listener.subscriber.reopen()
    assert.equal(listener.subscriber.isLive, false)
    await listener.untilLive(() => say('rawtx'))
    assert.deepEqual(listener.gaps.map(({ reason }) => reason), ['first'])
  })

  it('ends with what a handler throws, at a message or at a lost connection', async () => {
    listener.onHeard = () => {
      throw new Error('a bug')
    }
    await say('rawtx')
    await assert.rejects(listener.ended, { message: 'a bug' })
    listener = new Listener(allAt(address))
    await listener.untilLive(() => say('rawtx'))
    listener.onHeard = async () => {
      throw new Error('a bug, too')
    }
    publisher.close()
    await assert.rejects(listener.ended, { message: 'a bug, too' })
  })

  for (const host of ['[::1]', 'localhost']) {
    it(`hears a publisher at ${host}`, async function () {
      const other = new Publisher({ linger: 0, ipv6: host.startsWith('[') })
      try {
        await other.bind(`tcp://${host === 'localhost' ? '127.0.0.1' : host}:*`)
      } catch {
        process.stderr.write(`    skipped: nobody can listen at ${host} here\n`)
        this.skip()
      }
      const port = /:(\d+)$/.exec(other.lastEndpoint ?? '')?.[1]
      const far = new Listener(allAt(`tcp://${host}:${port}`))
      await far.untilLive(() => other.send(['rawblock', BLOCK, numberOf(0)]))
      await far.stop()
      other.close()
    })
  }
})

describe('the ZMQ subscriber, when transactions come by the ten thousand', () => {
  async function withBurst(
    highWaterMark: number, check: (listener: Listener, publish: (transactions: number) => Promise<number>) => Promise<void>,
  ): Promise<void> {
    const child = fork(new URL('../support/burst.ts', import.meta.url), [String(highWaterMark)], { execArgv: [] })
    try {
      const [address] = await once(child, 'message') as [string]
      const publish = async (transactions: number): Promise<number> => {
        child.send(transactions)
        const [published] = await once(child, 'message') as [number]
        return published
      }
      const listener = new Listener(allAt(address))
      try {
        await pollUntil('both topics', async () => {
          if (lastSequence(listener) >= 0) return true
          await publish(1)
          return false
        })
        await check(listener, publish)
      } finally {
        await listener.stop()
      }
    } finally {
      if (child.exitCode === null) {
        child.disconnect()
        await once(child, 'exit')
      }
    }
  }

  it('loses none of 40,000, each in its order', async () => {
    await withBurst(0, async (listener, publish) => {
      const published = await publish(40_000)
      await listener.when('the last', () => lastSequence(listener) === published - 1)
      assert.deepEqual(listener.gaps.filter(({ reason }) => reason !== 'first'), [])
      const kinds = listener.heard.filter(({ kind }) => kind !== 'gap').slice(-80_000).map(({ kind }) => kind)
      assert.ok(kinds.every((kind, i) => kind === (i % 2 === 0 ? 'transaction' : 'sequence')))
    })
  })

  it('holds back what comes while a handler is at work, and shows what was too much as a gap', async () => {
    await withBurst(1_000, async (listener, publish) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const waitedFrom = listener.counters.zmq_messages
      listener.onHeard = () => promise
      const published = await publish(100_000)
      assert.ok(listener.counters.zmq_messages <= waitedFrom + 1)
      listener.onHeard = null
      resolve()
      // Until one comes that was published after all the rest was taken.
      let last = published
      await pollUntil('the end', async () => {
        if (lastSequence(listener) === last - 1) return true
        last = await publish(1)
        return false
      })
      const gaps = listener.gaps.filter(({ topic, reason }) => topic === 'sequence' && reason === 'number')
      const lost = gaps.reduce((sum, { expected, got }) => sum + (got ?? 0) - (expected ?? 0), 0)
      assert.ok(lost > 0, 'more was published than is held back')
      const heard = listener.heard.filter(({ kind }) => kind === 'sequence')
      const [first] = heard
      assert.ok(first?.kind === 'sequence' && 'mempoolSequence' in first.notice)
      assert.equal(heard.length + lost, last - first.notice.mempoolSequence, 'all that was lost is named')
    })
  })
})

function lastSequence(listener: Listener): number {
  const last = listener.heard.findLast(({ kind }) => kind === 'sequence')
  return last?.kind === 'sequence' && 'mempoolSequence' in last.notice ? last.notice.mempoolSequence : -1
}
