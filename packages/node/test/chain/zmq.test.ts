import assert from 'node:assert/strict'
import { concat, fromHex } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { Publisher } from 'zeromq'
import { createCounters } from '../../src/chain/counters.ts'
import { parseMessage, parseSequence, ZmqSubscriber } from '../../src/chain/zmq.ts'

const HASH = fromHex('0123'.padEnd(64, '0'))
const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

describe('decoding ZMQ notifications', () => {
  it('reads topic, body and number', () => {
    const message = parseMessage([ascii('rawtx'), ascii('body'), Uint8Array.of(1, 2, 0, 0)])
    assert.deepEqual(message, { topic: 'rawtx', body: ascii('body'), number: 0x0201 })
  })

  it('reads each kind of sequence notice', () => {
    const number = new Uint8Array(8)
    assert.deepEqual(parseSequence(concat(HASH, ascii('C'))), { kind: 'connected' })
    assert.deepEqual(parseSequence(concat(HASH, ascii('D'))), { kind: 'disconnected' })
    const txid = '0123'.padEnd(64, '0')
    assert.deepEqual(parseSequence(concat(HASH, ascii('A'), number)), { kind: 'accepted', txid })
    assert.deepEqual(parseSequence(concat(HASH, ascii('R'), number)), { kind: 'removed', txid })
  })

  it('refuses what bitcoind does not send', () => {
    const number = new Uint8Array(4)
    assert.equal(parseMessage([ascii('hashtx'), HASH, number]), null)
    assert.equal(parseMessage([ascii('rawtx'), HASH]), null)
    assert.equal(parseMessage([ascii('rawtx'), HASH, new Uint8Array(3)]), null)
    const wrong = [[], [ascii('A')], [ascii('X')], [ascii('C'), new Uint8Array(8)], [ascii('X'), new Uint8Array(8)]]
    for (const rest of wrong) assert.equal(parseSequence(concat(HASH, ...rest)), null)
  })

  it('throws for no bytes', () => {
    const frame = fc.uint8Array({ maxLength: 50 })
    fc.assert(fc.property(fc.array(frame, { maxLength: 5 }), frame, (frames, body) => {
      parseMessage(frames)
      parseMessage([ascii('sequence'), ...frames])
      parseSequence(body)
    }))
  })
})

describe('the ZMQ subscriber', () => {
  for (const host of ['127.0.0.1', '[::1]']) {
    it(`hears bitcoind at ${host}`, async function () {
      const publisher = new Publisher({ linger: 0, ipv6: true })
      try {
        await publisher.bind(`tcp://${host}:*`)
      } catch {
        process.stderr.write(`    skipped: nobody can listen at ${host} here\n`)
        this.skip()
      }
      const address = publisher.lastEndpoint
      assert.ok(address !== null)
      const stop = new AbortController()
      const addresses = { rawblock: address, rawtx: address, sequence: address }
      const subscriber = new ZmqSubscriber(addresses, { counters: createCounters(), signal: stop.signal })
      const heard = Promise.withResolvers<Uint8Array>()
      const unexpected = async (): Promise<void> => assert.fail('not this topic')
      const run = subscriber.run({
        onBlock: async (bytes) => heard.resolve(bytes),
        onTransaction: unexpected,
        onSequence: unexpected,
        onGap: () => {},
      })
      // Until the subscription has reached the publisher, what is sent is lost.
      const send = (): Promise<void> => publisher.send(['rawblock', 'bytes', Buffer.alloc(4)]).catch(() => {})
      const again = setInterval(() => void send(), 10)
      assert.deepEqual(new Uint8Array(await heard.promise), ascii('bytes'))
      clearInterval(again)
      stop.abort()
      await run
      publisher.close()
    })
  }
})
