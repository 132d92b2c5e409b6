import assert from 'node:assert/strict'
import type { Connection, Libp2p } from '@libp2p/interface'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { Counters } from '../../src/counters.ts'
import { encodeFrame } from '../../src/framing/frame.ts'
import { completeLimits } from '../../src/limits.ts'
import { MemberOutbox } from '../../src/members/member-outbox.ts'
import { identityNamed } from '../support/identities.ts'
import { startRawHost } from '../support/raw-host.ts'
import { bytesOf } from '../support/test-federation.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/test/1'

describe('the outbox of a member', () => {
  const hosts: Libp2p[] = []

  afterEach(async () => {
    await Promise.all(hosts.splice(0).map(async (host) => host.stop()))
  })

  it('goes on with another stream when one closes under it as it sends, and loses nothing', async () => {
    hosts.push(await startRawHost(identityNamed('a')), await startRawHost(identityNamed('b')))
    const [a, b] = hosts
    assert.ok(a && b)
    let received = 0
    await b.handle(PROTOCOL, (stream) => stream.addEventListener('message', ({ data }) => {
      received += data.byteLength
    }))
    const connection: Connection = await a.dial(b.getMultiaddrs())
    const counters = new Counters()
    const outbox = new MemberOutbox(2 as MemberIndex, {
      protocol: PROTOCOL,
      connection: () => connection,
      limits: completeLimits({}),
      counters,
      log: () => {},
      now: () => performance.now(),
      random: () => 0,
    })
    const ours = () => connection.streams.find(({ protocol }) => protocol === PROTOCOL)
    outbox.connected()
    await until('the stream is open', () => counters.snapshot().member_streams_opened === 1)
    const first = ours()
    assert.ok(first)
    first.send = () => {
      throw new Error('Cannot write to a stream that is closing')
    }
    outbox.send(bytesOf('first'))
    await until('another stream is open', () => counters.snapshot().member_streams_opened === 2)
    outbox.send(bytesOf('next'))
    const both = encodeFrame(bytesOf('first')).length + encodeFrame(bytesOf('next')).length
    await until('both arrived', () => received === both)
    await outbox.stop()
  })
})
