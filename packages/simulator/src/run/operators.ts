/** What operators do with the next locks that they are given, as the node does it (packages/node, epochs/adoption.ts). */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Endpoint, MachineNumber } from '../network/index.ts'
import type { Random, World } from '../world/index.ts'
import type { SimEpoch } from './epoch.ts'
import type { Faults } from './faults.ts'
import type { Plan } from './plan.ts'

export interface OperatorsModules {
  readonly world: World
  readonly random: Random
  readonly first: SimEpoch
  readonly faults: Faults
  /** What a seat hears may be heard elsewhere, too. */
  readonly tap: (epoch: SimEpoch, seat: SimMember) => Endpoint
}

/** A restart by hand, at most. */
export const RESTART_MS = 4_000

export class Operators {
  readonly #plan: Plan
  readonly #modules: OperatorsModules
  readonly #adopted = new Set<MachineNumber>()
  readonly #known = new Map<MachineNumber, ReadonlySet<SimEpoch>>()

  constructor(plan: Plan, modules: OperatorsModules) {
    this.#plan = plan
    this.#modules = modules
  }

  /** As the node takes them: it goes on with what it adopted, and adopts neither of two. Liars use both. */
  give(machine: MachineNumber, epochs: readonly SimEpoch[]): void {
    const { first } = this.#modules
    const known = new Set([...(this.#known.get(machine) ?? []), ...epochs])
    this.#known.set(machine, known)
    if (epochs.length === 0) return
    const isLiar = this.#plan.corrupted.has(machine)
    if (!isLiar && (this.#adopted.has(machine) || known.size > 1)) {
      first.trace?.say(`two locks follow the same one: machine ${machine} adopts ${this.#adopted.has(machine) ? 'no other' : 'neither'}`)
      this.#refuse(machine, epochs)
      return
    }
    this.#adopted.add(machine)
    for (const epoch of epochs) {
      const index = placeOf(epoch, machine)
      if (index !== null) this.adopt(epoch, index)
    }
  }

  /** Its operator starts it again, with both locks. */
  adopt(epoch: SimEpoch, index: MemberIndex): void {
    const { faults, first, tap } = this.#modules
    const number = epoch.built.machineOf(index)
    const old = first.members.get(number)
    // Whoever is asked for a recovery is not disturbed.
    if (faults.isSpared(number) || faults.isDead(number)) return
    const seat = epoch.seat(index, old?.machine ?? null)
    epoch.network.join(tap(epoch, seat))
    const strategies = this.#plan.corrupted.get(number)
    if (strategies) epoch.corrupt(seat, strategies)
    epoch.trace?.say(`its operator has the next lock (machine ${number})`, index)
    if (old === undefined) {
      seat.start()
      return
    }
    this.#restart(old, number)
  }

  /** Its operator starts it again, with what it refuses in its configuration. */
  #refuse(machine: MachineNumber, epochs: readonly SimEpoch[]): void {
    const { faults, first } = this.#modules
    const member = first.members.get(machine)
    if (member === undefined || faults.isSpared(machine) || faults.isDead(machine)) return
    member.machine.refused_locks.push(...epochs.map(({ built: { federation } }) => federation.lock_hash))
    this.#restart(member, machine)
  }

  /** What is down for another reason comes back with what it was given. */
  #restart(member: SimMember, number: MachineNumber): void {
    const { world, random, faults } = this.#modules
    if (!member.is_up) return
    member.crash()
    world.after(random.int(200, RESTART_MS), () => {
      if (!faults.isHeldDown(number)) member.start()
    })
  }
}

/** What index the operator of this machine has there. */
export function placeOf({ built: { federation, machineOf } }: SimEpoch, machine: MachineNumber): MemberIndex | null {
  return federation.members.find(({ index }) => machineOf(index) === machine)?.index ?? null
}
