import assert from 'node:assert/strict'
import { acceptancesIn } from '../../reaction/notice-delay.ts'

const TXID = 'ab'.repeat(32)

describe('bitcoind\'s log of acceptances', () => {
  it('is read to the microsecond, on the clock that the wall clock is ahead of', () => {
    const wall_ms = Date.parse('2026-01-02T03:04:05Z')
    const log = [
      '2026-01-02T03:04:04.000001Z [validation] NewPoWValidBlock: block hash=00',
      `2026-01-02T03:04:05.123456Z [validation] Enqueuing TransactionAddedToMempool: txid=${TXID} wtxid=${'cd'.repeat(32)}`,
      `2026-01-02T03:04:05.200000Z [validation] TransactionAddedToMempool: txid=${TXID}`,
      '2026-01-02T03:04:06.00',
    ].join('\n')
    assert.deepEqual([...acceptancesIn(log, wall_ms - 1_000).keys()], [TXID])
    assert.ok(Math.abs((acceptancesIn(log, wall_ms - 1_000).get(TXID) ?? 0) - 1_123.456) < 1e-3)
  })
})
