import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type Outpoint, outpointOf, type Txid, utf8 } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { keyOfOutpoint, outpointOfKey, WatchSet } from '../../src/chain/index.ts'
import { Store, WatchRows } from '../../src/store/index.ts'
import { WatchError } from '../../src/wallets/errors.ts'
import { addOutpoints, countOutpoints, removeOutpoints } from '../../src/wallets/outpoint-list.ts'
import { readOutpoints } from '../../src/wallets/outpoint-text.ts'
import { temporaryDirectories } from '../store/support.ts'

function outpoint(number: number): Outpoint {
  return outpointOf(number.toString(16).padStart(64, '0') as Txid, number % 5)
}

async function* pieces(text: string, length = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += length) yield utf8(text.slice(at, at + length))
}

async function read(text: string, length?: number): Promise<Outpoint[]> {
  const all: Outpoint[] = []
  for await (const packed of readOutpoints(pieces(text, length))) {
    for (let at = 0; at < packed.length; at += 36) all.push(outpointOfKey(packed, at))
  }
  return all
}

describe('a text of outpoints', () => {
  it('is one a line, however it comes in pieces', async () => {
    const line = fc.tuple(fc.stringMatching(/^[0-9a-f]{64}$/), fc.integer({ min: 0, max: 0xffff_ffff }))
      .map(([txid, vout]) => outpointOf(txid as Txid, vout))
    const space = fc.constantFrom('', ' ', '\r', '\t ')
    await fc.assert(fc.asyncProperty(
      fc.array(fc.tuple(line, space, fc.constantFrom('\n', '\n\n', '\n \n'))), fc.integer({ min: 1, max: 200 }), fc.boolean(),
      async (lines, length, isOpen) => {
        const text = lines.map(([one, white, end]) => `${white}${one}${white}${end}`).join('')
        assert.deepEqual(await read(isOpen ? text.trimEnd() : text, length), lines.map(([one]) => one))
      },
    ), { numRuns: 200 })
  })

  for (const [what, line] of [
    ['a txid that is too short', `${'a'.repeat(63)}:0`],
    ['digits in upper case', `${'A'.repeat(64)}:0`],
    ['no number', 'a'.repeat(64)],
    ['a number that is too large', `${'a'.repeat(64)}:4294967296`],
    ['a number written otherwise', `${'a'.repeat(64)}:01`],
    ['words behind', `${'a'.repeat(64)}:0 # mine`],
    ['two in one', `${'a'.repeat(64)}:0 ${'a'.repeat(64)}:1`],
    ['a line without end', 'a'.repeat(2_000_000)],
  ] as const) {
    it(`is refused for ${what}, with the number of the line`, async () => {
      await assert.rejects(read(`${outpoint(1)}\n\n${line}\n${outpoint(2)}`), (error) =>
        error instanceof WatchError && error.code === 'watch-malformed' && error.message.startsWith('line 3 '))
    })
  }

  it('throws nothing else, whatever it is', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async (all) => {
      async function* given(): AsyncGenerator<Uint8Array> {
        yield* all
      }
      try {
        for await (const packed of readOutpoints(given())) assert.equal(packed.length % 36, 0)
      } catch (error) {
        assert.ok(error instanceof WatchError)
      }
    }), { numRuns: 300 })
  })
})

describe('the list of outpoints', () => {
  const newDirectory = temporaryDirectories()
  let store: Store

  beforeEach(async () => {
    store = (await Store.open(join(await newDirectory(), 'store'))).store
  })
  afterEach(() => store.close())

  const textOf = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => `${outpoint(from + i)}\n`).join('')
  async function holds(number: number): Promise<boolean> {
    const set = new WatchSet()
    await new WatchRows(store).load(set)
    return set.outpoints.find(new DataView(keyOfOutpoint(outpoint(number)).buffer), 0) >= 0
  }

  it('takes what is given once, says how far it is, and gives it up again', async () => {
    const steps: string[] = []
    const progress = {
      onRead: (count: number) => steps.push(`read ${count}`),
      onStored: (count: number, of: number) => steps.push(`stored ${count} of ${of}`),
    }
    const first = await addOutpoints(store, pieces(textOf(0, 70_000) + textOf(0, 10), 1_000_000), progress)
    assert.deepEqual(first, { changed: 70_000, unchanged: 10, listed: 70_000 })
    assert.deepEqual(steps.slice(-2), ['stored 65536 of 70000', 'stored 70000 of 70000'])
    assert.ok(steps.includes('read 70010'))
    assert.deepEqual(await addOutpoints(store, pieces(textOf(69_999, 70_003)), {}), { changed: 3, unchanged: 1, listed: 70_003 })
    assert.equal(await countOutpoints(store), 70_003)
    assert.deepEqual(await removeOutpoints(store, pieces(textOf(1, 60_001) + textOf(90_000, 90_002)), progress), {
      changed: 60_000, unchanged: 2, listed: 10_003,
    })
    assert.deepEqual([await holds(0), await holds(1), await holds(60_000), await holds(60_001)], [true, false, false, true])
    // What was removed can be added again.
    assert.deepEqual(await addOutpoints(store, pieces(textOf(0, 100)), {}), { changed: 99, unchanged: 1, listed: 10_102 })
    assert.ok(await holds(1))
  }).timeout(120_000)

  it('is not changed by a text of which one line is wrong', async () => {
    await addOutpoints(store, pieces(textOf(0, 10)), {})
    for (const change of [addOutpoints, removeOutpoints]) {
      await assert.rejects(change(store, pieces(`${textOf(0, 20)}oops\n`), {}), { code: 'watch-malformed' })
      assert.equal(await countOutpoints(store), 10)
    }
  })

  it('is completed by adding all again, where adding was given up on the way', async () => {
    const stopping = new AbortController()
    const given = addOutpoints(store, pieces(textOf(0, 70_000), 1_000_000), {
      signal: stopping.signal, onStored: () => stopping.abort(new Error('enough')),
    })
    await assert.rejects(given, { message: 'enough' })
    const { changed, unchanged, listed } = await addOutpoints(store, pieces(textOf(0, 70_000), 1_000_000), {})
    assert.deepEqual([changed + unchanged, listed], [70_000, 70_000])
    assert.ok(unchanged >= 60_000, 'a part was on disk')
  }).timeout(120_000)
})
