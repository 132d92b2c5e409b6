import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { WatchBook } from '../../src/wallets/book.ts'
import { riderOf } from '../../src/wallets/rows.ts'
import { progressOf } from '../../src/wallets/scan.ts'
import type { Watch } from '../../src/wallets/watch.ts'
import { Rows, height, read } from './support.ts'

async function born(at: number | null, script: number): Promise<Watch> {
  const hex = script.toString(16).padStart(2, '0')
  return (await read('script', hex, { birth_height: at })).watch
}

function only(book: WatchBook): Watch {
  const [entry] = book.entries()
  return entry?.watch ?? assert.fail()
}

describe('the scan for what happened before', () => {
  it('goes from the birth height to where the follower stood, and no further', async () => {
    const book = await WatchBook.of([await born(100, 1)], 'regtest')
    assert.equal(book.nextScan(), null)
    assert.equal(progressOf(only(book)).state, 'waiting')
    assert.equal(book.beginScans(height(199)).length, 1)
    const plan = book.nextScan()
    assert.deepEqual(plan, { from: 100, to: 199, watches: [only(book).id] })
    assert.deepEqual(progressOf(only(book)), { state: 'running', height: 99, of_height: 199, percent: 0 })
    assert.ok(plan)
    book.scanned(plan, height(149), height(199))
    assert.deepEqual(progressOf(only(book)), { state: 'running', height: 149, of_height: 199, percent: 50 })
    const rest = book.nextScan()
    assert.ok(rest)
    book.scanned(rest, height(199), height(199))
    assert.deepEqual(progressOf(only(book)), { state: 'done', height: 199, of_height: 199, percent: 100 })
    assert.equal(book.nextScan(), null)
    assert.deepEqual(book.beginScans(height(500)), [], 'it is not begun again')
  })

  it('goes on to where the follower stands when it gets there', async () => {
    const book = await WatchBook.of([await born(100, 1)], 'regtest')
    book.beginScans(height(199))
    book.scanned(book.nextScan() ?? assert.fail(), height(199), height(202))
    assert.deepEqual(progressOf(only(book)), { state: 'running', height: 199, of_height: 202, percent: 97 })
    const rest = book.nextScan()
    assert.deepEqual([rest?.from, rest?.to], [200, 202])
    book.scanned(rest ?? assert.fail(), height(202), height(202))
    assert.deepEqual(progressOf(only(book)), { state: 'done', height: 202, of_height: 202, percent: 100 })
  })

  it('has nothing to do for what has no birth height, or one to come', async () => {
    const book = await WatchBook.of([await born(null, 1), await born(300, 2)], 'regtest')
    book.beginScans(height(200))
    assert.equal(book.nextScan(), null)
    for (const { watch } of book.entries()) assert.equal(watch.scan.state, 'done')
  })

  it('takes a later one along from its birth height on, and reads no block twice', async () => {
    const [early, late] = [await born(10, 1), await born(20, 2)]
    const book = await WatchBook.of([early, late], 'regtest')
    book.beginScans(height(30))
    const first = book.nextScan()
    assert.deepEqual(first, { from: 10, to: 19, watches: [early.id] })
    assert.ok(first)
    book.scanned(first, height(19), height(30))
    const second = book.nextScan()
    assert.deepEqual([second?.from, second?.to, second?.watches.toSorted()], [20, 30, [early.id, late.id].toSorted()])
  })

  it('says what could not be had', async () => {
    const book = await WatchBook.of([await born(10, 1)], 'regtest')
    book.beginScans(height(30))
    const plan = book.nextScan()
    assert.ok(plan)
    book.notAvailable(plan, height(24), height(30))
    assert.equal(only(book).unseen_below, 25)
    assert.deepEqual(book.nextScan(), { ...plan, from: 25 })
  })

  it('changes nothing for a plan that is told twice', async () => {
    const book = await WatchBook.of([await born(10, 1)], 'regtest')
    book.beginScans(height(30))
    const plan = book.nextScan()
    assert.ok(plan)
    assert.equal(book.scanned(plan, height(20), height(30)).length, 1)
    assert.deepEqual(book.scanned(plan, height(25), height(30)), [])
    assert.equal(progressOf(only(book)).height, 20)
    assert.throws(() => book.scanned(plan, height(31), height(31)), /within its plan/)
  })

  it('searches every block for everybody, whenever the process dies, and whoever is added meanwhile', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('scan' as const), blocks: fc.integer({ min: 1, max: 12 }), dies: fc.boolean() }),
        fc.record({ kind: fc.constant('add' as const), birth: fc.option(fc.nat(60)) }),
        fc.record({ kind: fc.constant('restart' as const), blocks: fc.nat(9) }),
      ),
      { maxLength: 25 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const disk = new Rows()
        const births = new Map<string, number | null>()
        const searched = new Map<string, Set<number>>()
        const followed = new Map<string, Set<number>>()
        let tip = 40
        const start = async (): Promise<WatchBook> => {
          const book = await WatchBook.load(disk, 'regtest')
          disk.write(book.beginScans(height(tip)))
          return book
        }
        let book = await start()
        const search = (blocks: number, dies: boolean): void => {
          const plan = book.nextScan()
          if (!plan) return
          const through = height(Math.min(plan.to, plan.from + blocks - 1))
          // Dying before the batch is written, nothing of it counts.
          if (dies) return
          disk.write(book.scanned(plan, through, height(tip)))
          for (const id of plan.watches) {
            const mine = searched.get(id) ?? new Set()
            for (let at: number = plan.from; at <= through; at++) {
              assert.ok(!mine.has(at), 'a block is searched twice for one')
              searched.set(id, mine.add(at))
            }
            // What was found in the last of them may move in any block that the follower told before.
            if (book.get(id)?.watch.scan.state === 'done') assert.equal(through, tip)
          }
        }
        for (const step of all) {
          if (step.kind === 'scan') {
            search(step.blocks, step.dies)
            if (step.dies) book = await start()
          } else if (step.kind === 'restart') {
            // The follower goes on meanwhile: its blocks are seen with all that is watched.
            for (let block = 0; block < step.blocks; block++) {
              tip++
              for (const { watch } of book.entries()) followed.set(watch.id, (followed.get(watch.id) ?? new Set()).add(tip))
            }
            book = await start()
          } else {
            const watch = await born(step.birth, births.size + 1)
            births.set(watch.id, step.birth)
            disk.write([riderOf(watch)])
            book = await start()
          }
        }
        for (let left = 200; book.nextScan() && left > 0; left--) search(10, false)
        for (const { watch } of book.entries()) {
          const birth = births.get(watch.id) ?? null
          if (birth === null) continue
          assert.equal(watch.scan.state, 'done')
          for (let at = birth; at <= tip; at++) {
            assert.ok(searched.get(watch.id)?.has(at) || followed.get(watch.id)?.has(at), `${at} was not searched`)
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})
