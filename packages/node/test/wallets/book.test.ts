import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { toHex } from '@belfry/protocol/primitives'
import { type Learnt, WatchBook, type WatchedScript } from '../../src/wallets/book.ts'
import { indexesOf, isFull } from '../../src/wallets/growth.ts'
import { MAX_SCRIPTS_OF_A_WATCH } from '../../src/wallets/limits.ts'
import { riderOf, watchOfRow } from '../../src/wallets/rows.ts'
import type { Watch } from '../../src/wallets/watch.ts'
import { ADDRESS, OTHER_TPUB, OUTPOINT, Rows, TPUB, read, reader, watchOf } from './support.ts'

const WALLET = `wpkh(${TPUB}/<0;1>/*)`

function names(scripts: Iterable<WatchedScript>): string[] {
  return [...scripts].map(({ branch, index }) => `${branch}/${index}`).toSorted()
}

function scriptAt(book: WatchBook, branch: number, index: number): Uint8Array {
  for (const one of book.scripts()) if (one.branch === branch && one.index === index) return one.script
  return assert.fail(`${branch}/${index} is not watched`)
}

function paid({ riders }: Learnt): Watch {
  const [rider] = riders
  assert.ok(rider?.value)
  return watchOfRow(rider.key, rider.value)
}

describe('the book of what is watched', () => {
  it('watches as many indexes of each branch as the gap limit', async () => {
    const book = await WatchBook.of([await watchOf(WALLET, { gap_limit: 3 })], 'regtest')
    assert.deepEqual(names(book.scripts()), ['0/0', '0/1', '0/2', '1/0', '1/1', '1/2'])
    const descriptor = (await reader()).parse(WALLET, 'regtest')
    assert.deepEqual(scriptAt(book, 1, 2), descriptor.scriptsAt(1, 2)[0])
  })

  it('derives as many more as lie beyond the index that was paid, in its branch alone', async () => {
    const book = await WatchBook.of([await watchOf(WALLET, { gap_limit: 3 })], 'regtest')
    const learnt = book.onPayment(scriptAt(book, 0, 1))
    assert.deepEqual(names(learnt.derived), ['0/3', '0/4'])
    assert.deepEqual(paid(learnt).next_index, [2, 0])
    assert.deepEqual(names(book.scripts()), ['0/0', '0/1', '0/2', '0/3', '0/4', '1/0', '1/1', '1/2'])
  })

  it('learns nothing from a payment that it knew of, or to a script that it does not watch', async () => {
    const book = await WatchBook.of([await watchOf(WALLET, { gap_limit: 3 }), (await read('address', ADDRESS)).watch], 'regtest')
    const script = scriptAt(book, 0, 1)
    book.onPayment(script)
    const nothing = { derived: [], riders: [] }
    assert.deepEqual(book.onPayment(script), nothing)
    assert.deepEqual(book.onPayment(scriptAt(book, 0, 0)), nothing)
    assert.deepEqual(book.onPayment(Uint8Array.of(0x51)), nothing)
    const address = [...book.scripts()].find(({ watch }) => book.get(watch)?.watch.source.kind === 'address')
    assert.ok(address)
    assert.deepEqual(book.onPayment(address.script), nothing)
  })

  it('watches addresses, raw scripts, outpoints and all the scripts of combo()', async () => {
    const watches = await Promise.all([
      read('address', ADDRESS),
      read('script', '51'),
      read('outpoint', OUTPOINT),
      read('descriptor', `combo(${TPUB}/*)`, { gap_limit: 2 }),
    ])
    const book = await WatchBook.of(watches.map(({ watch }) => watch), 'regtest')
    assert.equal(book.size, 1 + 1 + 0 + 8)
    assert.deepEqual([...book.outpoints()].map(({ outpoint }) => outpoint), [OUTPOINT])
    assert.equal(book.placesOf(Uint8Array.of(0x51)).length, 1)
    const combo = [...book.scripts()].filter(({ index }) => index === 1)
    assert.equal(combo.length, 4)
    const [, , nested] = combo
    assert.ok(nested)
    assert.equal(book.onPayment(nested.script).derived.length, 8, 'two more indexes, four scripts each')
  })

  it('tells every watch of a script that several have', async () => {
    const [one, other] = [await watchOf(WALLET, { gap_limit: 2 }), await watchOf(`wpkh(${TPUB}/0/*)`, { gap_limit: 3 })]
    const book = await WatchBook.of([one, other], 'regtest')
    const script = scriptAt(book, 0, 0)
    assert.equal(book.placesOf(script).length, 2)
    const { derived, riders } = book.onPayment(script)
    assert.equal(riders.length, 2)
    assert.deepEqual(new Set(derived.map(({ watch, index }) => `${watch}/${index}`)), new Set([`${one.id}/2`, `${other.id}/3`]))
  })

  it('ends with the same indexes whatever the order in which payments become known', async () => {
    const watches = [
      await watchOf(WALLET, { gap_limit: 4 }),
      await watchOf(`tr(${OTHER_TPUB}/<2;3;4>/*)`, { gap_limit: 2 }),
    ]
    const facts = fc.array(fc.tuple(fc.nat(1), fc.nat(2), fc.nat(12)), { maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(facts, fc.infiniteStream(fc.nat()), async (all, random) => {
        const shuffled = all.toSorted(() => ((random.next().value ?? 0) % 3) - 1)
        assert.deepEqual(await settled(watches, shuffled), await settled(watches, all))
      }),
      { numRuns: 40 },
    )
  })

  it('finds in a block, searched again until nothing new is derived, what a wallet that derived all would have found', async () => {
    const gap = 3
    const watch = await watchOf(WALLET, { gap_limit: gap })
    const descriptor = (await reader()).parse(WALLET, 'regtest')
    const block = fc.uniqueArray(fc.tuple(fc.nat(1), fc.nat(15)), { maxLength: 16, selector: ([b, i]) => `${b}/${i}` })
    await fc.assert(
      fc.asyncProperty(block, async (outputs) => {
        const book = await WatchBook.of([watch], 'regtest')
        const scripts = outputs.map(([branch, index]) => descriptor.scriptsAt(branch, index)[0] ?? assert.fail())
        let again = true
        while (again) again = scripts.some((script) => book.onPayment(script).derived.length > 0)
        for (const branch of [0, 1]) {
          const of_branch = outputs.filter(([one]) => one === branch).map(([, index]) => index).toSorted((a, b) => a - b)
          let next = 0
          for (const index of of_branch) if (index < next + gap) next = index + 1
          assert.equal(book.get(watch.id)?.watch.next_index[branch], next)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('is the same after a restart, whichever of its changes were written', async () => {
    const watches = [await watchOf(WALLET, { gap_limit: 3, birth_height: 5 }), (await read('outpoint', OUTPOINT)).watch]
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), fc.nat(20), fc.boolean()), { maxLength: 12 }), async (payments) => {
        const disk = new Rows()
        disk.write(watches.map(riderOf))
        let book = await WatchBook.load(disk, 'regtest')
        for (const [branch, step, dies] of payments) {
          const watched = [...book.scripts()].filter((one) => one.branch === branch)
          const { riders } = book.onPayment(watched[step % watched.length]?.script ?? assert.fail())
          // A batch is written whole or not at all.
          if (!dies) disk.write(riders)
          else book = await WatchBook.load(disk, 'regtest')
          const again = await WatchBook.load(disk, 'regtest')
          assert.deepEqual([...again.scripts()].map(nameOf).toSorted(), [...book.scripts()].map(nameOf).toSorted())
        }
      }),
      { numRuns: 25 },
    )
  })

  it('stops growing at its limit, and says so', async () => {
    const most = MAX_SCRIPTS_OF_A_WATCH
    const watch = await watchOf(`wpkh(${TPUB}/*)`, { gap_limit: 5 })
    const near: Watch = { ...watch, gap_limit: 5, next_index: [most - 5] }
    assert.equal(indexesOf(near, 0, 1), most)
    assert.equal(isFull(near, 1), false)
    const beyond = { ...near, next_index: [most - 4] }
    assert.equal(indexesOf(beyond, 0, 1), most)
    assert.equal(isFull(beyond, 1), true)
  })

  it('refuses a row of another network, and one that contradicts its descriptor', async () => {
    const watch = await watchOf(WALLET)
    await assert.rejects(WatchBook.of([watch], 'signet'), { code: 'wrong-network' })
    await assert.rejects(WatchBook.of([{ ...watch, next_index: [0] }], 'regtest'), { code: 'watch-unreadable' })
    await assert.rejects(WatchBook.of([{ ...watch, gap_limit: 0 }], 'regtest'), { code: 'watch-unreadable' })
  })

  /** What is watched once all of these are known; those of an index not yet watched wait until it is. */
  async function settled(watches: readonly Watch[], facts: readonly (readonly [number, number, number])[]): Promise<string[]> {
    const book = await WatchBook.of(watches, 'regtest')
    const ids = watches.map(({ id }) => id)
    let waiting = [...facts]
    for (let before = -1; waiting.length !== before; ) {
      before = waiting.length
      waiting = waiting.filter(([which, branch, index]) => {
        const place = [...book.scripts()].find(
          (one) => one.watch === ids[which] && one.branch === branch && one.index === index,
        )
        if (place) book.onPayment(place.script)
        return !place
      })
    }
    return [...book.scripts()].map(nameOf).toSorted()
  }

  function nameOf({ watch, branch, index, script }: WatchedScript): string {
    return `${watch}/${branch}/${index}/${toHex(script)}`
  }
})
