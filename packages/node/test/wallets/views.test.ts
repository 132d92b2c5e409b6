import assert from 'node:assert/strict'
import { WatchBook } from '../../src/wallets/book.ts'
import { storedWatchesView, watchesView } from '../../src/views/watches.ts'
import { NOTHING_WATCHED, running } from '../http/support.ts'
import { ADDRESS, OUTPOINT, TPUB, height, read, watchOf } from './support.ts'

describe('the view of what is watched', () => {
  it('shows what, how far it has grown and how far the chain was searched for it', async () => {
    const watch = await watchOf(`wpkh(${TPUB}/<0;1>/*)`, { label: 'savings', birth_height: 100, gap_limit: 5 })
    const book = await WatchBook.of([watch], 'regtest')
    book.beginScans(height(299))
    book.scanned(book.nextScan() ?? assert.fail(), height(149), height(299))
    const [first] = [...book.scripts()]
    book.onPayment(first?.script ?? assert.fail())
    const [view, ...more] = watchesView(book.entries())
    assert.deepEqual(more, [])
    assert.match(view?.what ?? '', /^wpkh\(tpub[^#]+#[0-9a-z]{8}$/)
    assert.match(view?.first_address ?? '', /^bcrt1q/)
    assert.deepEqual({ ...view, what: '', first_address: '' }, {
      watch_id: watch.id,
      label: 'savings',
      kind: 'descriptor',
      what: '',
      first_address: '',
      added_at: '2026-09-21T14:13:20.000Z',
      birth_height: 100,
      gap_limit: 5,
      branches: [{ next_index: 1, watched: 6 }, { next_index: 0, watched: 5 }],
      full: false,
      scan: { state: 'running', height: 149, of_height: 299, percent: 25, unseen_below: null },
    })
  })

  it('is the same of a node that does not run', async () => {
    const watches = [
      await watchOf(`combo(${TPUB}/*)`),
      (await read('address', ADDRESS, { label: 'shop' })).watch,
      (await read('script', '6a0101')).watch,
      (await read('outpoint', OUTPOINT)).watch,
    ]
    const stored = await storedWatchesView(watches)
    assert.deepEqual(stored, watchesView((await WatchBook.of(watches, 'regtest')).entries()))
    assert.deepEqual(stored.map(({ what }) => what).slice(1), [ADDRESS, '6a0101', OUTPOINT])
    assert.deepEqual(stored.map(({ first_address }) => first_address?.slice(0, 5) ?? null).slice(1), ['bcrt1', null, null])
    assert.match(stored[0]?.first_address ?? '', /^[mn]/)
  })

  it('is served with the token, and to nobody without', async () => {
    const book = await WatchBook.of([(await read('address', ADDRESS)).watch], 'regtest')
    const server = await running({}, { watching: { ...NOTHING_WATCHED, watches: () => book.entries(), listed: () => 7 } })
    try {
      const { status, body } = await server.get('/api/v1/watches')
      assert.equal(status, 200)
      assert.deepEqual(body, { ok: true, result: { watches: JSON.parse(JSON.stringify(watchesView(book.entries()))), listed_outpoints: 7 } })
      const refused = await server.get('/api/v1/watches', {})
      assert.equal(refused.status, 401)
      assert.ok(!refused.text.includes(ADDRESS))
    } finally {
      await server.stop()
    }
  })
})
