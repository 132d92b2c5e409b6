import assert from 'node:assert/strict'
import {
  MAX_SATS,
  type Txid,
  isHex32,
  outpointOf,
  parseOutpoint,
  parseTxid,
  sats,
  splitOutpoint,
} from '../../src/primitives/index.ts'

const TXID = 'ab'.repeat(32)

describe('ids', () => {
  it('takes 64 lower-case hex digits for a txid and nothing else', () => {
    assert.equal(parseTxid(TXID), TXID)
    assert.ok(isHex32(TXID))
    for (const text of ['', TXID.slice(2), `${TXID}00`, TXID.toUpperCase(), `${TXID}\n`, 'zz'.repeat(32)]) {
      assert.throws(() => parseTxid(text), RangeError, text)
      assert.ok(!isHex32(text))
    }
  })

  it('takes an outpoint apart and puts it together', () => {
    for (const vout of [0, 1, 10, 0xffff_ffff]) {
      const outpoint = outpointOf(TXID as Txid, vout)
      assert.equal(parseOutpoint(outpoint), outpoint)
      assert.deepEqual(splitOutpoint(outpoint), { txid: TXID, vout })
    }
  })

  it('refuses what only looks like an outpoint', () => {
    for (const vout of ['', ':', ':-1', ':01', ':1.0', ':4294967296', ':99999999999', ':0x1', ':1 ', ':1:1']) {
      assert.throws(() => parseOutpoint(TXID + vout), RangeError, vout)
    }
  })

  it('takes amounts of 0 to 21 million bitcoin', () => {
    assert.equal(sats(0), 0n)
    assert.equal(sats(MAX_SATS), 2_100_000_000_000_000n)
    for (const amount of [-1n, MAX_SATS + 1n, 0.5, Number.NaN]) assert.throws(() => sats(amount), RangeError)
  })
})
