/** What the loop relies on in a disk. Every implementation runs this suite: the simulator's and the node's. */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import type { Disk, LoadedLog, LogEntry } from '../src/index.ts'
import { logIndex } from '../src/index.ts'

export interface DiskUnderTest {
  /** Opens what is there; called again after `close` and `crash`. */
  open(): Promise<{ readonly disk: Disk; readonly log: LoadedLog }>
  /** A clean end: writes under way are finished. */
  close(): Promise<void>
  /** The process dies now. `done` of a write under way may be called before, or never. */
  crash(): Promise<void>
}

/** `create` gives a new, empty disk each time. */
export function describeDisk(name: string, create: () => Promise<DiskUnderTest>): void {
  describe(`${name}, as a disk`, () => {
    let under_test: DiskUnderTest
    beforeEach(async () => {
      under_test = await create()
    })
    afterEach(() => under_test.close())

    const reopen = async (): Promise<{ readonly disk: Disk; readonly log: LoadedLog }> => {
      await under_test.close()
      return under_test.open()
    }

    it('is empty at first', async () => {
      const { log } = await under_test.open()
      assert.deepEqual(log, { snapshot: null, entries: [] })
      assert.deepEqual((await reopen()).log, { snapshot: null, entries: [] })
    })

    it('gives back what was appended, in the order of the indexes', async () => {
      const { disk } = await under_test.open()
      // Past the first byte of the index, where text order and little-endian order go wrong.
      const entries = entriesFrom(0, 300)
      for (let i = 0; i < entries.length; i += 100) await append(disk, entries.slice(i, i + 100))
      assert.deepEqual((await reopen()).log, { snapshot: null, entries })
    })

    it('keeps empty and large entries, and a batch of thousands', async () => {
      const { disk } = await under_test.open()
      const sizes = [0, 1, 100_000, 1_000_000]
      const entries = sizes.map((size, index) => ({ index: logIndex(index), bytes: new Uint8Array(size).fill(index) }))
      await append(disk, entries)
      const many = entriesFrom(sizes.length, 5_000)
      await append(disk, many)
      assert.deepEqual((await reopen()).log.entries, [...entries, ...many])
    })

    it('answers once, and never from inside the call', async () => {
      const writes: ((disk: Disk, done: (error: Error | null) => void) => void)[] = [
        (disk, done) => disk.append(entriesFrom(0, 3), [], done),
        (disk, done) => disk.snapshot(logIndex(1), Uint8Array.of(1), done),
      ]
      for (const write of writes) {
        const { disk } = await under_test.open()
        let answers = 0
        await new Promise<void>((resolve) => {
          write(disk, (error) => {
            assert.equal(error, null)
            answers++
            resolve()
          })
          assert.equal(answers, 0, 'answered from inside the call')
        })
        await under_test.close()
        assert.equal(answers, 1)
      }
    })

    it('replaces the entries up to its index by a snapshot, and an older snapshot too', async () => {
      const { disk } = await under_test.open()
      const entries = entriesFrom(0, 20)
      await append(disk, entries)
      await snapshot(disk, 9, Uint8Array.of(1, 2, 3))
      assert.deepEqual((await reopen()).log, {
        snapshot: { index: 9, bytes: Uint8Array.of(1, 2, 3) },
        entries: entries.slice(10),
      })
      const again = await reopen()
      await append(again.disk, entriesFrom(20, 5))
      await snapshot(again.disk, 24, new Uint8Array(0))
      await append(again.disk, entriesFrom(25, 1))
      assert.deepEqual((await reopen()).log, {
        snapshot: { index: 24, bytes: new Uint8Array(0) },
        entries: entriesFrom(25, 1),
      })
    })

    it('keeps a large snapshot', async () => {
      const { disk } = await under_test.open()
      const bytes = new Uint8Array(6_000_000).map((_, i) => i)
      await append(disk, entriesFrom(0, 2))
      await snapshot(disk, 1, bytes)
      assert.deepEqual((await reopen()).log, { snapshot: { index: 1, bytes }, entries: [] })
    })

    it('keeps after a crash all that it acknowledged, and of the write under way all or nothing', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 12 }), async (steps) => {
          const member = await Model.start(await create())
          for (const step of steps) await member.perform(step)
          await member.end()
        }),
        { numRuns: 15 },
      )
    })
  })
}

type Step = { readonly write: 'append' | 'snapshot'; readonly size: number; readonly crash: 'no' | 'during' | 'after' }

const anyStep: fc.Arbitrary<Step> = fc.record({
  write: fc.constantFrom('append' as const, 'append' as const, 'snapshot' as const),
  size: fc.integer({ min: 1, max: 2_000 }),
  crash: fc.constantFrom('no' as const, 'no' as const, 'during' as const, 'after' as const),
})

/** What must be on the disk. */
class Model {
  readonly #under_test: DiskUnderTest
  #disk: Disk
  #log: LoadedLog

  private constructor(under_test: DiskUnderTest, disk: Disk, log: LoadedLog) {
    this.#under_test = under_test
    this.#disk = disk
    this.#log = log
  }

  static async start(under_test: DiskUnderTest): Promise<Model> {
    const { disk, log } = await under_test.open()
    return new Model(under_test, disk, log)
  }

  async perform({ write, size, crash }: Step): Promise<void> {
    const last = lastIndexOf(this.#log)
    if (write === 'snapshot' && last < 0) return
    const [after, written] = write === 'append' ? this.#append(last + 1, size) : this.#snapshot(last, size)
    if (crash === 'during') {
      written.catch(() => {})
      await this.#crash([this.#log, after])
      return
    }
    await written
    this.#log = after
    if (crash === 'after') await this.#crash([after])
  }

  #append(first: number, size: number): readonly [LoadedLog, Promise<void>] {
    const { snapshot, entries } = this.#log
    const added = entriesFrom(first, 1 + (size % 50))
    return [{ snapshot, entries: [...entries, ...added] }, append(this.#disk, added)]
  }

  #snapshot(index: number, size: number): readonly [LoadedLog, Promise<void>] {
    const bytes = new Uint8Array(size).fill(index)
    return [{ snapshot: { index: logIndex(index), bytes }, entries: [] }, snapshot(this.#disk, index, bytes)]
  }

  async #crash(possible: readonly LoadedLog[]): Promise<void> {
    await this.#under_test.crash()
    const { disk, log } = await this.#under_test.open()
    assert.deepEqual(log, possible.find((each) => isDeepStrictEqual(each, log)) ?? possible[0])
    this.#disk = disk
    this.#log = log
  }

  async end(): Promise<void> {
    await this.#under_test.close()
    assert.deepEqual((await this.#under_test.open()).log, this.#log)
    await this.#under_test.close()
  }
}

function lastIndexOf({ snapshot, entries }: LoadedLog): number {
  return entries.at(-1)?.index ?? snapshot?.index ?? -1
}

function entriesFrom(first: number, count: number): LogEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const index = first + i
    return { index: logIndex(index), bytes: Uint8Array.of(index, index >> 8, 7).subarray(0, (index % 3) + 1) }
  })
}

function append(disk: Disk, entries: readonly LogEntry[]): Promise<void> {
  return new Promise((resolve, reject) => {
    disk.append(entries, [], (error) => (error === null ? resolve() : reject(error)))
  })
}

function snapshot(disk: Disk, index: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    disk.snapshot(logIndex(index), bytes, (error) => (error === null ? resolve() : reject(error)))
  })
}
