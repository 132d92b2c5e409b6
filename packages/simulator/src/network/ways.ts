import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Endpoints } from './endpoints.ts'
import type { MachineNumber, Wires } from './wires.ts'

/** What lies between members: the wires between their machines, and whether there is a process at both ends. */
export class Ways {
  readonly wires: Wires
  readonly machineOf: (member: MemberIndex) => MachineNumber
  readonly #endpoints: Endpoints

  constructor(wires: Wires, machineOf: (member: MemberIndex) => MachineNumber, endpoints: Endpoints) {
    this.wires = wires
    this.machineOf = machineOf
    this.#endpoints = endpoints
  }

  isConnected(a: MemberIndex, b: MemberIndex): boolean {
    return this.#endpoints.isUp(a) && this.#endpoints.isUp(b) && this.wires.areJoined(this.machineOf(a), this.machineOf(b))
  }

  isOpen(from: MemberIndex, to: MemberIndex): boolean {
    return this.wires.links.isOpen(this.machineOf(from), this.machineOf(to))
  }

  /** A frame that leaves now may arrive. */
  leads(from: MemberIndex, to: MemberIndex): boolean {
    return this.isConnected(from, to) && this.isOpen(from, to)
  }

  areSpared(a: MemberIndex, b: MemberIndex): boolean {
    return this.wires.areSpared(this.machineOf(a), this.machineOf(b))
  }

  stalledUntil(from: MemberIndex, to: MemberIndex): number {
    return this.wires.stalledUntil(this.machineOf(from), this.machineOf(to))
  }
}
