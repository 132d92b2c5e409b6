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
    assert.deepEqual(await answering({ watches: [WATCH] }), [WATCH])
    assert.deepEqual(await answering({ watches: [] }), [])
  })

  for (const [what, answer] of [
    ['nothing', null],
    ['no list', { watches: {} }],
    ['an unknown field', { watches: [{ ...WATCH, more: 1 }] }],
    ['a missing field', { watches: [{ ...WATCH, scan: undefined }] }],
    ['a time that is none', { watches: [{ ...WATCH, added_at: 'yesterday' }] }],
    ['more than a node watches', { watches: Array.from({ length: 1_001 }, () => WATCH) }],
  ] as const) {
    it(`is refused where it is ${what}`, async () => {
      await assert.rejects(answering(JSON.parse(JSON.stringify(answer))), SchemaError)
    })
  }
})
