/** What an operator runs: one process on one machine, with a seat for each lock that it serves, as the node does it. */
import type { LockHash } from '@belfry/protocol/primitives'
import type { LoadedLog } from '@belfry/runtime'
import type { ClockError } from '../world/index.ts'
import { type Adopted, adoptAt, declareRestoredAt } from './ledger-desk.ts'
import type { SimMember } from './sim-member.ts'
import type { Speech } from './speech.ts'

const EMPTY: LoadedLog = { snapshot: null, entries: [] }

/** A copy of the store: of each seat's log that there was. */
export type Backup = ReadonlyMap<SimMember, LoadedLog>

/** Its seats start and die together, by one clock, on one disk and with one program; each has a log and a ledger of its own. */
export class Machine {
  /** The oldest lock first. */
  readonly seats: SimMember[] = []
  /** The message version that it signs with. */
  speaks: Speech = 'common'
  clock_jumps = 0
  /** Backups that were put back so far. */
  restores = 0
  /** Of two locks that follow the same one, those that its operator was given and did not adopt: known from the next start on. */
  readonly refused_locks: LockHash[] = []
  readonly clock_error: { offset_ms: number; drift_ppm: number }

  constructor(clock_error: ClockError) {
    this.clock_error = { ...clock_error }
  }

  /** For good: also in lives to come. */
  jumpClock(by_ms: number): void {
    this.clock_jumps += 1
    this.clock_error.offset_ms += by_ms
  }

  setDiskFull(isFull: boolean): void {
    for (const { disk } of this.seats) disk.is_full = isFull
  }

  backUp(): Backup {
    return new Map(this.seats.map((seat) => [seat, seat.disk.load()]))
  }

  /** A seat that is newer than the copy has no log then. */
  putBack(backup: Backup): void {
    this.restores += 1
    for (const seat of this.seats) {
      seat.disk.putBack(backup.get(seat) ?? EMPTY)
      seat.is_rolled_back = true
      seat.adopted = []
      seat.adopted_in_life = null
    }
  }

  /** Its next process begins in quarantine. No process runs. */
  declareRestored(now_ms: number): void {
    for (const seat of this.seats) declareRestoredAt(seat, now_ms)
  }

  /** Takes what was found for signed here, at every seat; nothing where there is no quarantine. No process runs. */
  adopt(): readonly Adopted[] {
    return this.seats.flatMap((seat) => {
      const adopted = adoptAt(seat)
      if (adopted === null) return []
      seat.adopted = [...seat.adopted, ...adopted]
      seat.adopted_in_life = seat.lives
      return adopted
    })
  }
}
