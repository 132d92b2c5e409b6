import assert from 'node:assert/strict'
import {
  type LoadedLog,
  Loop,
  type LoopOptions,
  type RuntimeError,
  type Synced,
  restoreLog,
} from '../../src/index.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryDisk } from './memory-disk.ts'
import { type ToyAnnouncement, type ToyImmediate, toyCore, toyInputs } from './toy-core.ts'

/** One toy member: its loop, disk and clock, and everything that came out. */
export class World {
  readonly clock = new ManualClock()
  readonly disk: MemoryDisk
  readonly loop
  readonly announced: Synced<ToyAnnouncement>[] = []
  readonly immediate: ToyImmediate[] = []
  readonly fatal: RuntimeError[] = []
  idle = 0
  onDurable: (effect: Synced<ToyAnnouncement>) => void = () => {}
  onImmediate: (effect: ToyImmediate) => void = () => {}

  constructor(options: LoopOptions = {}, log: LoadedLog = { snapshot: null, entries: [] }) {
    this.disk = new MemoryDisk(log)
    this.loop = new Loop(options, {
      core: toyCore,
      log: restoreLog(toyCore, log),
      disk: this.disk,
      clock: this.clock,
      inputs: toyInputs,
      effects: {
        performDurable: (effect) => {
          this.announced.push(effect)
          this.onDurable(effect)
        },
        performImmediate: (effect) => {
          this.immediate.push(effect)
          this.onImmediate(effect)
        },
      },
      observer: {
        onFatal: (error) => {
          this.fatal.push(error)
        },
        onIdle: () => {
          this.idle++
        },
      },
    })
  }

  /** Runs until nothing waits, all writes ending well. */
  settle(): void {
    for (let round = 0; round < 10_000; round++) {
      if (this.clock.runSoon()) continue
      if (!this.disk.busy) return
      this.disk.complete()
    }
    assert.fail('the loop does not come to rest')
  }
}
