/** What lies between machines: whatever cuts or slows a way does so for the frames of every lock that both its ends serve. */
import type { MemberIndex } from '@belfry/protocol/primitives'
import { Links } from './links.ts'
import type { NetworkFaults } from './faults.ts'

/** A machine has a number for good; what index its operator has under a lock is another matter. */
export type MachineNumber = MemberIndex

export class Wires {
  readonly links = new Links()
  /** Until when nothing arrives on a way, as `from>to`. */
  readonly #stalled = new Map<string, number>()
  #spared: ReadonlySet<MachineNumber> = new Set()
  #is_apart = false
  readonly #listeners: ((way: readonly [MachineNumber, MachineNumber] | null) => void)[] = []
  faults: NetworkFaults

  constructor(faults: NetworkFaults) {
    this.faults = faults
  }

  /** Called with the way on which something changed, with null where it may be any. */
  onChange(listener: (way: readonly [MachineNumber, MachineNumber] | null) => void): void {
    this.#listeners.push(listener)
  }

  spare(machines: readonly MachineNumber[]): void {
    this.#spared = new Set(machines)
    this.#tell(null)
  }

  areSpared(a: MachineNumber, b: MachineNumber): boolean {
    return this.#spared.has(a) && this.#spared.has(b)
  }

  setApart(isApart: boolean): void {
    this.#is_apart = isApart
    this.#tell(null)
  }

  /** Frames may pass in one direction at least. */
  areJoined(a: MachineNumber, b: MachineNumber): boolean {
    return !this.links.isSevered(a, b) && (!this.#is_apart || this.areSpared(a, b))
  }

  cut(from: MachineNumber, to: MachineNumber): void {
    this.links.cut(from, to)
    this.#tell([from, to])
  }

  open(from: MachineNumber, to: MachineNumber): void {
    this.links.open(from, to)
    this.#tell([from, to])
  }

  stall(from: MachineNumber, to: MachineNumber, until_ms: number): void {
    this.#stalled.set(`${from}>${to}`, until_ms)
  }

  /** 0 where nothing holds it up. */
  stalledUntil(from: MachineNumber, to: MachineNumber): number {
    return this.#stalled.get(`${from}>${to}`) ?? 0
  }

  #tell(way: readonly [MachineNumber, MachineNumber] | null): void {
    for (const listener of this.#listeners) listener(way)
  }
}
