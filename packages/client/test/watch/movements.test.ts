import assert from 'node:assert/strict'
import { type BlockHash, type Height, type Outpoint, SchemaError, type Txid } from '@belfry/protocol/primitives'
import { type MovementInfo, readMovements } from '../../src/index.ts'

const TXID = 'ab'.repeat(32) as Txid

const MOVEMENT: MovementInfo = {
  seq: 3,
  told_at: '2026-09-21T14:13:20.000Z',
  event: 'payment-confirmed',
  outpoint: `${TXID}:0` as Outpoint,
  script: '0014',
  value_sats: 10_000,
  watches: [{ watch_id: '00112233445566ff', label: 'savings', branch: 0, index: 12 }],
  txid: TXID,
  replaced_txid: null,
  raw: '0200',
  block: { height: 9 as Height, hash: 'cd'.repeat(32) as BlockHash },
  position: 1,
}

describe('what a node has told of wallets, as a program reads it', () => {
  const answering = (result: unknown) =>
    readMovements({ get: async (what) => (what === 'movements?after=2&limit=50' ? result : assert.fail(what)) }, { after: 2, limit: 50 })

  it('is what the node answers', async () => {
    const other: MovementInfo = {
      ...MOVEMENT, seq: 4, event: 'spend-evicted', script: null, value_sats: null, raw: null, block: null, position: null,
      watches: [{ watch_id: '00112233445566ff', label: null, branch: null, index: null }], replaced_txid: TXID,
    }
    assert.deepEqual(await answering({ movements: [MOVEMENT, other] }), [MOVEMENT, other])
    assert.deepEqual(await answering({ movements: [] }), [])
  })

  for (const [what, answer] of [
    ['nothing', null],
    ['no list', { movements: {} }],
    ['an unknown field', { movements: [{ ...MOVEMENT, more: 1 }] }],
    ['a missing field', { movements: [{ ...MOVEMENT, txid: undefined }] }],
    ['an unknown event', { movements: [{ ...MOVEMENT, event: 'payment-lost' }] }],
    ['bytes that are no hex', { movements: [{ ...MOVEMENT, raw: '0g' }] }],
    ['half a byte', { movements: [{ ...MOVEMENT, script: '001' }] }],
    ['a number that is none', { movements: [{ ...MOVEMENT, seq: 0 }] }],
    ['more than was asked for', { movements: Array.from({ length: 1_001 }, () => MOVEMENT) }],
  ] as const) {
    it(`is refused where it is ${what}`, async () => {
      await assert.rejects(answering(JSON.parse(JSON.stringify(answer))), SchemaError)
    })
  }
})
