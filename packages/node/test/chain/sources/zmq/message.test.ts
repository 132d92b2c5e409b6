import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { parseMessage, parseSequence } from '../../../../src/chain/sources/zmq/message.ts'
import { Numbers } from '../../../../src/chain/sources/zmq/numbers.ts'

const HASH_HEX = '0123'.padEnd(64, '0')
const HASH = Buffer.from(HASH_HEX, 'hex')
const ascii = (text: string): Buffer => Buffer.from(text)
const sequence = (...rest: readonly Uint8Array[]): Buffer => Buffer.concat([HASH, ...rest])

describe('a ZMQ message', () => {
  it('is read as topic, body and number', () => {
    const message = parseMessage([ascii('rawtx'), ascii('body'), Buffer.of(1, 2, 0, 0xff)])
    assert.deepEqual(message, { topic: 'rawtx', body: ascii('body'), number: 0xff000201 })
  })

  it('is read as each kind of sequence notice', () => {
    const number = Buffer.of(7, 0, 0, 0, 1, 0, 0, 0)
    assert.deepEqual(parseSequence(sequence(ascii('C'))), { kind: 'connected' })
    assert.deepEqual(parseSequence(sequence(ascii('D'))), { kind: 'disconnected' })
    const change = { txid: HASH_HEX, mempoolSequence: 2 ** 32 + 7 }
    assert.deepEqual(parseSequence(sequence(ascii('A'), number)), { kind: 'accepted', ...change })
    assert.deepEqual(parseSequence(sequence(ascii('R'), number)), { kind: 'removed', ...change })
  })

  it('is refused where bitcoind sends no such thing', () => {
    const number = Buffer.alloc(4)
    assert.equal(parseMessage([ascii('hashtx'), HASH, number]), null)
    assert.equal(parseMessage([ascii('rawtxt'), HASH, number]), null)
    assert.equal(parseMessage([ascii('rawtx'), HASH]), null)
    assert.equal(parseMessage([ascii('rawtx'), HASH, number, number]), null)
    assert.equal(parseMessage([ascii('rawtx'), HASH, Buffer.alloc(3)]), null)
    const eight = Buffer.alloc(8)
    const huge = Buffer.alloc(8, 0xff)
    for (const rest of [[], [ascii('A')], [ascii('X')], [ascii('C'), eight], [ascii('X'), eight], [ascii('A'), huge]]) {
      assert.equal(parseSequence(sequence(...rest)), null)
    }
  })

  it('never throws, whatever its bytes', () => {
    const frame = fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes))
    fc.assert(fc.property(fc.array(frame, { maxLength: 5 }), frame, (frames, body) => {
      parseMessage(frames)
      parseMessage([ascii('sequence'), ...frames])
      parseSequence(body)
      parseSequence(Buffer.concat([body, HASH]).subarray(-41))
    }))
  })
})

describe('the numbers of ZMQ messages', () => {
  it('show what is left out, per topic', () => {
    const numbers = new Numbers()
    assert.ok(numbers.isEmpty)
    assert.deepEqual(numbers.note('rawtx', 5), { topic: 'rawtx', expected: null, got: 5, reason: 'first' })
    assert.equal(numbers.note('rawtx', 6), null)
    assert.deepEqual(numbers.note('sequence', 9), { topic: 'sequence', expected: null, got: 9, reason: 'first' })
    assert.deepEqual(numbers.note('rawtx', 9), { topic: 'rawtx', expected: 7, got: 9, reason: 'number' })
    assert.equal(numbers.note('rawtx', 10), null)
    assert.equal(numbers.note('sequence', 10), null)
    assert.deepEqual(numbers.note('rawtx', 0), { topic: 'rawtx', expected: 11, got: 0, reason: 'restart' })
    assert.deepEqual(numbers.note('rawtx', 0), { topic: 'rawtx', expected: 1, got: 0, reason: 'restart' })
  })

  it('start anew after 32 bits', () => {
    const numbers = new Numbers()
    numbers.note('rawtx', 0xffffffff)
    assert.equal(numbers.expected('rawtx'), 0)
    assert.equal(numbers.note('rawtx', 0), null)
    numbers.note('sequence', 0xfffffffe)
    assert.deepEqual(numbers.note('sequence', 1), { topic: 'sequence', expected: 0xffffffff, got: 1, reason: 'number' })
  })

  it('are forgotten by topic', () => {
    const numbers = new Numbers()
    numbers.note('rawtx', 1)
    numbers.note('rawblock', 1)
    numbers.forget(['rawtx'])
    assert.deepEqual([numbers.expected('rawtx'), numbers.expected('rawblock'), numbers.isEmpty], [null, 2, false])
    numbers.forget()
    assert.ok(numbers.isEmpty)
  })

  it('name exactly what is lost, whatever it is', () => {
    fc.assert(fc.property(fc.nat(0xffffffff), fc.array(fc.boolean(), { maxLength: 60 }), (start, losses) => {
      const numbers = new Numbers()
      numbers.note('rawtx', start)
      let lost = 0
      for (const [i, isLost] of losses.entries()) {
        const number = (start + 1 + i) >>> 0
        if (isLost) {
          lost += 1
          continue
        }
        const gap = numbers.note('rawtx', number)
        assert.equal(gap === null ? 0 : ((gap.got ?? 0) - (gap.expected ?? 0)) >>> 0, lost)
        lost = 0
      }
    }))
  })
})
