import assert from 'node:assert/strict'
import type { Libp2p, Stream } from '@libp2p/interface'
import { createNetwork, type NetworkErrorCode, type NetworkHandlers } from '../../src/index.ts'
import { encodeFrame } from '../../src/framing/frame.ts'
import { identityNamed } from '../support/identities.ts'
import { dialFrom, startRawHost } from '../support/raw-host.ts'
import { bytesOf, TestFederation, textOf, TOPIC_PREFIX, type MemberOptions } from '../support/test-federation.ts'
import { until } from '../support/until.ts'

const OWNER = identityNamed('owner')
const INFO = `/belfry/${TOPIC_PREFIX}/info/1`

describe('requests of owners', () => {
  let federation: TestFederation
  let raw: Libp2p | null = null

  beforeEach(() => {
    federation = new TestFederation(2)
  })

  afterEach(async () => {
    await federation.stop()
    await raw?.stop()
    raw = null
  })

  async function startPair(options: MemberOptions = {}, clientLimits = {}) {
    const member = await federation.start(1, { owners: [OWNER.peerId], ...options })
    const client = await federation.startClient('owner', [member], clientLimits)
    return { member, client, ask: (text: string) => client.request(member.index, 'info', bytesOf(text)) }
  }

  /** A handler that answers only when told to. */
  function held(): { handler: NetworkHandlers['onOwnerRequest']; waiting: (() => void)[] } {
    const waiting: (() => void)[] = []
    const handler: NetworkHandlers['onOwnerRequest'] = async (_owner, _protocol, bytes) => {
      await new Promise<void>((resolve) => waiting.push(resolve))
      return bytes
    }
    return { handler, waiting }
  }

  it('are answered, with the owner and the protocol that was asked', async () => {
    const { member, client } = await startPair({
      onOwnerRequest: async (owner, protocol, bytes) => bytesOf(`${owner} ${protocol} ${textOf(bytes)}`),
    })
    const info = await client.request(member.index, 'info', bytesOf('how are you'))
    assert.equal(textOf(info), `${OWNER.peerId} info how are you`)
    const enrolled = await client.request(member.index, 'enrol', bytesOf('a vault'))
    assert.equal(textOf(enrolled), `${OWNER.peerId} enrol a vault`)
    const ordered = await client.request(member.index, 'command', bytesOf('a drill'))
    assert.equal(textOf(ordered), `${OWNER.peerId} command a drill`)
    assert.deepEqual(client.connected(), [member.index])
    assert.equal(client.counters().connections_opened, 1)
  })

  it('and their answers may be as large as the limit, and empty answers are fine', async () => {
    const { member, client } = await startPair({
      onOwnerRequest: async (_owner, protocol, bytes) => protocol === 'info' ? bytes : new Uint8Array(),
    })
    const large = new Uint8Array(4 * 1024 * 1024).map((_, i) => i * 7)
    assert.deepEqual(await client.request(member.index, 'info', large), large)
    assert.deepEqual(await client.request(member.index, 'enrol', large), new Uint8Array())
  })

  it('run side by side', async () => {
    const { handler, waiting } = held()
    const { ask } = await startPair({ onOwnerRequest: handler })
    const answers = Promise.all([ask('a'), ask('b'), ask('c')])
    await until('all run', () => waiting.length === 3)
    for (const answer of waiting.toReversed()) answer()
    assert.deepEqual((await answers).map(textOf), ['a', 'b', 'c'])
  })

  it('beyond the number at once are refused, and then served again', async () => {
    const { handler, waiting } = held()
    const { ask, member } = await startPair({ onOwnerRequest: handler, limits: { ownerConcurrentRequests: 1 } })
    const first = ask('a')
    await until('the first runs', () => waiting.length === 1)
    await assert.rejects(ask('b'), { name: 'NetworkError', code: 'refused' })
    waiting[0]?.()
    assert.equal(textOf(await first), 'a')
    const third = ask('c')
    await until('the third runs', () => waiting.length === 2)
    waiting[1]?.()
    assert.equal(textOf(await third), 'c')
    assert.equal(member.network.counters().requests_refused_concurrent, 1)
  })

  it('beyond the number per minute are refused', async () => {
    const { ask, member } = await startPair({ limits: { ownerRequestsPerMinute: 2 } })
    await ask('a')
    await ask('b')
    await assert.rejects(ask('c'), { code: 'refused' })
    assert.equal(member.network.counters().requests_refused_rate, 1)
    assert.equal(member.network.counters().requests_served, 2)
  })

  it('beyond the bytes per minute are refused before they are read', async () => {
    const limits = { maxRequestBytes: 600_000, ownerBytesPerMinute: 1_000_000 }
    const { client, member } = await startPair({ limits })
    await client.request(member.index, 'info', new Uint8Array(600_000))
    await assert.rejects(client.request(member.index, 'info', new Uint8Array(600_000)), { code: 'refused' })
    assert.equal(member.network.counters().requests_refused_bytes, 1)
    assert.equal(member.network.counters().requests_served, 1)
  })

  it('have a budget for each owner', async () => {
    const member = await federation.start(1, {
      owners: [OWNER.peerId, identityNamed('owner 2').peerId], limits: { ownerRequestsPerMinute: 1 },
    })
    const clients = [await federation.startClient('owner', [member]), await federation.startClient('owner 2', [member])]
    for (const client of clients) {
      await client.request(member.index, 'info', bytesOf('a'))
      await assert.rejects(client.request(member.index, 'info', bytesOf('b')), { code: 'refused' })
    }
  })

  it('of nobody that is not admitted are served', async () => {
    const member = await federation.start(1, { owners: [OWNER.peerId] })
    const client = await federation.startClient('stranger', [member])
    await assert.rejects(client.request(member.index, 'info', bytesOf('hello')),
      (error: { code: NetworkErrorCode }) => error.code === 'refused' || error.code === 'unreachable')
    assert.equal(member.network.counters().requests_served, 0)
    assert.equal(member.network.counters().connections_refused_stranger > 0, true)
  })

  it('of a member are refused', async () => {
    const [a, b] = [await federation.start(1), await federation.start(2)]
    for (const address of b.network.listening()) a.network.addPeerAddress(b.index, address)
    await assert.rejects(a.network.request(b.index, 'info', bytesOf('hello')), { name: 'NetworkError' })
    assert.equal(b.network.counters().requests_refused_not_owner, 1)
  })

  it('of another federation are refused', async () => {
    const { member } = await startPair()
    const [address = ''] = member.network.listening()
    const client = await createNetwork({
      identitySeed: OWNER.seed, listen: [], topicPrefix: 'ffffffffffffffff', self: null, owners: [],
      members: [{ index: member.index, peerId: member.identity.peerId, addresses: [address] }],
      handlers: {
        onGossip: async () => 'ignore',
        onMemberFrame: () => {},
        onOwnerRequest: async (_owner, _protocol, bytes) => bytes,
        onPeer: () => {},
      },
    })
    try {
      await assert.rejects(client.request(member.index, 'info', bytesOf('hello')), { code: 'refused' })
    } finally {
      await client.stop()
    }
  })

  it('to a member that is down are unreachable', async () => {
    const { member, ask } = await startPair()
    await member.network.stop()
    await assert.rejects(ask('hello'), { code: 'unreachable' })
  })

  it('fail without a reason when the handler fails', async () => {
    const { ask, member } = await startPair({ onOwnerRequest: async () => { throw new Error('a secret') } })
    await assert.rejects(ask('hello'), (error: Error & { code: string }) =>
      error.code === 'failed' && !String(error).includes('secret'))
    assert.equal(member.network.counters().requests_failed, 1)
  })

  it('fail when the answer is over its limit', async () => {
    const { ask } = await startPair({
      onOwnerRequest: async () => new Uint8Array(1001), limits: { maxResponseBytes: 1000 },
    })
    await assert.rejects(ask('hello'), { code: 'failed' })
  })

  it('too large or empty are not sent', async () => {
    const { client, member } = await startPair({}, { maxRequestBytes: 1000 })
    await assert.rejects(client.request(member.index, 'info', new Uint8Array(1001)), { code: 'too-large' })
    await assert.rejects(client.request(member.index, 'info', new Uint8Array(0)), { code: 'too-large' })
    assert.equal(client.counters().dials_started, 0)
  })

  it('too large for the member are closed by it', async () => {
    const { client, member } = await startPair({ limits: { maxRequestBytes: 1000 } })
    await assert.rejects(client.request(member.index, 'info', new Uint8Array(100_000)), { code: 'closed' })
    assert.equal(member.network.counters().requests_malformed, 1)
  })

  it('with an answer too large for the client fail there', async () => {
    const { ask } = await startPair({ onOwnerRequest: async () => new Uint8Array(5000) }, { maxResponseBytes: 1000 })
    await assert.rejects(ask('hello'), { code: 'too-large' })
  })

  it('time out at the client', async () => {
    const { handler, waiting } = held()
    const { client, member } = await startPair({ onOwnerRequest: handler })
    const answer = client.request(member.index, 'info', bytesOf('hello'), { timeout_ms: 100 })
    await assert.rejects(answer, { code: 'timeout' })
    for (const answer of waiting) answer()
  })

  it('time out at the member, which frees their place', async () => {
    let aborted = false
    const { ask, member } = await startPair({
      limits: { requestTimeout_ms: 100, ownerConcurrentRequests: 1 },
      onOwnerRequest: (_owner, _protocol, bytes, signal) => {
        if (textOf(bytes) === 'quick') return Promise.resolve(bytes)
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => {
          aborted = true
          reject(new Error('out of time'))
        }))
      },
    })
    await assert.rejects(ask('slow'), { code: 'closed' })
    assert.equal(textOf(await ask('quick')), 'quick')
    assert.equal(aborted, true)
    assert.equal(member.network.counters().requests_timed_out, 1)
  })

  it('end when the caller gives up', async () => {
    const { handler, waiting } = held()
    const { client, member } = await startPair({ onOwnerRequest: handler })
    const controller = new AbortController()
    const answer = client.request(member.index, 'info', bytesOf('hello'), { signal: controller.signal })
    await until('it runs', () => waiting.length === 1)
    controller.abort()
    await assert.rejects(answer, { code: 'aborted' })
    const { signal } = controller
    await assert.rejects(client.request(member.index, 'info', bytesOf('hello'), { signal }), { code: 'aborted' })
    for (const release of waiting) release()
  })

  it('end when either side stops', async () => {
    const { handler, waiting } = held()
    const { client, member, ask } = await startPair({ onOwnerRequest: handler })
    const first = ask('a')
    await until('it runs', () => waiting.length === 1)
    await Promise.all([member.network.stop(), assert.rejects(first, { code: 'closed' })])
    const second = assert.rejects(ask('b'), { name: 'NetworkError' })
    await Promise.all([client.stop(), second])
  })

  it('in malformed frames are counted and closed', async () => {
    const { member } = await startPair({ limits: { ownerConcurrentRequests: 1 } })
    raw = await startRawHost(OWNER)
    const connection = await dialFrom(raw, member)
    const cut = encodeFrame(bytesOf('cut')).subarray(0, 5)
    for (const bytes of [new Uint8Array(4), Uint8Array.of(255, 255, 255, 255), cut]) {
      const before = member.network.counters().requests_malformed
      const stream: Stream = await connection.newStream(INFO)
      stream.send(bytes)
      await stream.close()
      await until('it was counted', () => member.network.counters().requests_malformed === before + 1)
      await until('it was closed', () => stream.status !== 'open')
    }
  })
})
