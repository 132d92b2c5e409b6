import assert from 'node:assert/strict'
import { type Height, SchemaError } from '@belfry/protocol/primitives'
import { type WatchInfo, readWatches } from '../../src/index.ts'

const WATCH: WatchInfo = {
  watch_id: '00112233445566ff',
  label: 'savings',
  kind: 'descriptor',
  what: 'raw(deadbeef)#89f8spxm',
  first_address: null,
  added_at: '2026-09-21T14:13:20.000Z',
  birth_height: 0 as Height,
  gap_limit: 20,
  branches: [{ next_index: 1, watched: 21 }],
  full: false,
  scan: { state: 'running', height: -1, of_height: 299 as Height, percent: 0, unseen_below: null },
}

describe('what a node watches, as a program reads it', () => {
  const answering = (result: unknown) => readWatches({ get: async (what) => (what === 'watches' ? result : assert.fail()) })

  it('is what the node answers', async () => {
    for (const list of [{ watches: [WATCH], listed_outpoints: 5_000_000 }, { watches: [], listed_outpoints: 0 }]) {
      assert.deepEqual(await answering(list), list)
    }
  })

  for (const [what, answer] of [
    ['nothing', null],
    ['no list', { watches: {}, listed_outpoints: 0 }],
    ['an unknown field', { watches: [{ ...WATCH, more: 1 }], listed_outpoints: 0 }],
    ['a missing field', { watches: [{ ...WATCH, scan: undefined }], listed_outpoints: 0 }],
    ['a time that is none', { watches: [{ ...WATCH, added_at: 'yesterday' }], listed_outpoints: 0 }],
    ['more than a node watches', { watches: Array.from({ length: 1_001 }, () => WATCH), listed_outpoints: 0 }],
    ['without the number of outpoints', { watches: [] }],
  ] as const) {
    it(`is refused where it is ${what}`, async () => {
      await assert.rejects(answering(JSON.parse(JSON.stringify(answer))), SchemaError)
    })
  }
})
