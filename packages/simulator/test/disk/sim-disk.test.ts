import assert from 'node:assert/strict'
import { logIndex } from '@belfry/runtime'
import { describeDisk } from '../../../runtime/test/disk-compliance.ts'
import { SimDisk } from '../../src/disk/index.ts'
import { Random, World } from '../../src/world/index.ts'

function newDisk(seed: number): { readonly disk: SimDisk; readonly world: World } {
  const world = new World()
  return { world, disk: new SimDisk({ sync_ms: 5 }, { world, random: new Random(seed, 'disk') }) }
}

let seeds = 0
describeDisk('SimDisk', async () => {
  const { disk, world } = newDisk(seeds++)
  // The suite waits in real time for what happens in the world's.
  let open = false
  const run = (): void => {
    if (!open) return
    world.next()
    setImmediate(run)
  }
  return {
    open: async () => {
      if (!open) {
        open = true
        run()
      }
      return { disk, log: disk.load() }
    },
    close: async () => {
      open = false
      while (world.next());
    },
    crash: async () => {
      open = false
      disk.crash()
    },
  }
})

describe('SimDisk', () => {
  const entry = (index: number) => ({ index: logIndex(index), bytes: Uint8Array.of(index) })

  it('loses the write under way at a crash, or keeps it whole', () => {
    const found = new Set<number>()
    for (let seed = 0; seed < 40; seed++) {
      const { disk, world } = newDisk(seed)
      disk.append([entry(0)], [], () => {})
      while (world.next());
      disk.append([entry(1), entry(2)], [], () => assert.fail('answered after the crash'))
      assert.deepEqual(disk.ifKept().entries.length, 3)
      assert.equal(disk.synced_index, 0)
      found.add(disk.crash().entries.length)
      while (world.next());
    }
    assert.deepEqual(found, new Set([1, 3]))
  })

  it('fails once when told to, and nobody knows what is on it then', () => {
    const found = new Set<number>()
    for (let seed = 0; seed < 40; seed++) {
      const { disk, world } = newDisk(seed)
      const answers: (string | null)[] = []
      disk.fails_next = true
      disk.append([entry(0)], [], (error) => answers.push(error && error.message))
      while (world.next());
      assert.equal(answers.length, 1)
      assert.match(String(answers[0]), /no space/)
      found.add(disk.load().entries.length)
    }
    assert.deepEqual(found, new Set([0, 1]))
  })

  it('fails no more, not even the write under way, once that is taken back', () => {
    const { disk, world } = newDisk(1)
    const answers: (Error | null)[] = []
    disk.fails_next = true
    disk.append([entry(0)], [], (error) => answers.push(error))
    disk.fails_next = false
    while (world.next());
    assert.deepEqual(answers, [null])
  })
})
