import assert from 'node:assert/strict'
import { type BlockHash, fromHex, type Height, type Millis, type Outpoint, outpointOf, sats, type Txid } from '@belfry/protocol/primitives'
import type { Movement, ToldMovement } from '../../src/movements/index.ts'
import { movementsView } from '../../src/views/index.ts'
import { WatchBook } from '../../src/wallets/book.ts'
import { NOTHING_WATCHED, type Running, running } from '../http/support.ts'
import { ADDRESS, OUTPOINT, read } from '../wallets/support.ts'

const PAYING = '11'.repeat(32) as Txid
const OTHER = '22'.repeat(32) as Txid
const BLOCK = { height: 7 as Height, hash: '33'.repeat(32) as BlockHash }
const RAW = fromHex('0200')
const PAID = outpointOf(PAYING, 1)

describe('the view of what was told of wallets', () => {
  let book: WatchBook
  let label: { readonly watch_id: string; readonly label: string }
  let listed: string

  before(async () => {
    const [shop, coin] = [(await read('address', ADDRESS, { label: 'shop' })).watch, (await read('outpoint', OUTPOINT)).watch]
    book = await WatchBook.of([shop, coin], 'regtest')
    label = { watch_id: shop.id, label: 'shop' }
    listed = coin.id
  })

  const viewOf = (movement: Movement) => {
    const [view] = movementsView([{ seq: 5, at_ms: 1_790_000_000_000 as Millis, movement }], book.entries())
    return view ?? assert.fail()
  }
  const payment = (watches: readonly string[]) => ({
    outpoint: PAID, script: fromHex('51'), value: sats(2_100_000_000_000_000), watches: watches.map((watch) => ({ watch, branch: 1, index: 4 })),
  })

  it('shows a payment with its evidence, and whose it is', () => {
    const movement: Movement = {
      event: 'payment-confirmed', payment: payment([label.watch_id, 'ffffffffffffffff']), txid: PAYING, raw: RAW, block: BLOCK, position: 3,
    }
    assert.deepEqual(viewOf(movement), {
      seq: 5,
      told_at: '2026-09-21T14:13:20.000Z',
      event: 'payment-confirmed',
      outpoint: PAID,
      script: '51',
      value_sats: 2_100_000_000_000_000,
      watches: [{ ...label, branch: 1, index: 4 }, { watch_id: 'ffffffffffffffff', label: null, branch: 1, index: 4 }],
      txid: PAYING,
      replaced_txid: null,
      raw: '0200',
      block: { height: 7, hash: BLOCK.hash },
      position: 3,
    })
  })

  it('shows the spending of a coin that was paid to a watch, and of one that is watched by its outpoint', () => {
    const { outpoint, ...coin } = payment([label.watch_id])
    const ofPaid = viewOf({ event: 'spend-confirmed', outpoint, coin, txid: OTHER, raw: RAW, block: BLOCK, position: 0 })
    assert.deepEqual([ofPaid.script, ofPaid.watches.map(({ label: name }) => name), ofPaid.position], ['51', ['shop'], 0])
    const ofListed = viewOf({ event: 'spend-seen', outpoint: OUTPOINT as Outpoint, coin: null, txid: OTHER, raw: RAW })
    assert.deepEqual([ofListed.script, ofListed.value_sats, ofListed.block], [null, null, null])
    assert.deepEqual(ofListed.watches, [{ watch_id: listed, label: '', branch: null, index: null }])
  })

  it('names the transaction in every event, and the one that gave way', () => {
    const paid = payment([])
    const spent = { outpoint: PAID, coin: null }
    const expected: readonly (readonly [Movement, txid: Txid, replaced: Txid | null, raw: string | null])[] = [
      [{ event: 'payment-seen', payment: paid, txid: PAYING, raw: RAW }, PAYING, null, '0200'],
      [{ event: 'payment-replaced', payment: paid, txid: OTHER, raw: RAW }, OTHER, PAYING, '0200'],
      [{ event: 'payment-evicted', payment: paid }, PAYING, null, null],
      [{ event: 'payment-unconfirmed', payment: paid, block: BLOCK }, PAYING, null, null],
      [{ event: 'spend-replaced', ...spent, old_txid: PAYING, txid: OTHER, raw: RAW }, OTHER, PAYING, '0200'],
      [{ event: 'spend-evicted', ...spent, txid: OTHER }, OTHER, null, null],
      [{ event: 'spend-unconfirmed', ...spent, txid: OTHER, block: BLOCK }, OTHER, null, null],
    ]
    for (const [movement, txid, replaced_txid, raw] of expected) {
      const view = viewOf(movement)
      assert.deepEqual([view.event, view.txid, view.replaced_txid, view.raw], [movement.event, txid, replaced_txid, raw])
      assert.equal(view.block?.height ?? null, 'block' in movement ? 7 : null)
      assert.deepEqual(JSON.parse(JSON.stringify(view)), view)
    }
  })
})

describe('/api/v1/movements', () => {
  const told: ToldMovement[] = [{
    seq: 8, at_ms: 0 as Millis, movement: { event: 'spend-evicted', outpoint: PAID, coin: null, txid: OTHER },
  }]
  let server: Running
  let asked: [after: number, limit: number][]

  before(async () => {
    const movements = async (after: number, limit: number): Promise<ToldMovement[]> => {
      asked.push([after, limit])
      if (after === 13) throw new Error('planted')
      return after < 8 ? told : []
    }
    server = await running({}, { watching: { ...NOTHING_WATCHED, movements } })
  })
  beforeEach(() => {
    asked = []
  })
  after(() => server.stop())

  it('answers a page of what was told', async () => {
    const { status, body } = await server.get('/api/v1/movements?after=7&limit=1000')
    assert.equal(status, 200)
    assert.deepEqual(body, { ok: true, result: { movements: movementsView(told, []) } })
    assert.deepEqual((await server.get('/api/v1/movements?after=8')).body, { ok: true, result: { movements: [] } })
    assert.equal((await server.get('/api/v1/movements')).status, 200)
    assert.deepEqual(asked, [[7, 1_000], [8, 100], [0, 100]])
  })

  it('refuses what is no page', async () => {
    for (const query of ['after=-1', 'after=x', 'after=', 'after=1.5', 'after=1e3', 'after=9999999999999999', 'limit=0', 'limit=1001', 'limit=', 'limit=%00']) {
      const { status, body } = await server.get(`/api/v1/movements?${query}`)
      assert.deepEqual([status, body.error?.code], [400, 'malformed-request'], query)
      assert.match(body.error?.remedy ?? '', /after=0&limit=100/)
    }
    assert.deepEqual(asked, [])
  })

  it('tells nobody without the token', async () => {
    const { status, text } = await server.get('/api/v1/movements', {})
    assert.equal(status, 401)
    assert.ok(!text.includes(OTHER))
    assert.deepEqual(asked, [])
  })

  it('says that it failed where the store fails', async () => {
    const { status, body } = await server.get('/api/v1/movements?after=13')
    assert.deepEqual([status, body.error?.code], [500, 'internal'])
    assert.ok(server.log.lines().some(({ event }) => event === 'http-failed'))
  })
})
