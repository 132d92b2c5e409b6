/** Operators of members in quarantine: after a while they stop the process, take what was found for signed here, and start it again. */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Machine, SimMember } from '../member/index.ts'
import type { Random, World } from '../world/index.ts'
import type { Faults } from './faults.ts'

export interface AdoptionsModules {
  readonly world: World
  readonly random: Random
  readonly faults: Pick<Faults, 'isSpared' | 'isDead' | 'restartLater'>
  /** Of the first lock, whose index is the machine's number; null for one that joined later. */
  readonly memberAt: (machine: Machine) => SimMember | null
  readonly say: (what: string, member: MemberIndex) => void
}

export class Adoptions {
  /** Mean time from a quarantine to its end. */
  readonly #after_ms: number
  readonly #modules: AdoptionsModules
  readonly #expected = new Set<Machine>()

  constructor(after_ms: number, modules: AdoptionsModules) {
    this.#after_ms = after_ms
    this.#modules = modules
  }

  /** One of its seats is in quarantine. */
  onQuarantine(machine: Machine): void {
    if (this.#expected.has(machine)) return
    this.#expected.add(machine)
    this.#later(machine)
  }

  #later(machine: Machine): void {
    const { world, random } = this.#modules
    world.after(random.exponential(this.#after_ms), () => this.#come(machine))
  }

  #come(machine: Machine): void {
    const { faults, memberAt } = this.#modules
    const member = memberAt(machine)
    // Nothing goes wrong any more with whoever is asked for a recovery, and nobody comes back from the dead.
    if (member === null || faults.isSpared(member.index) || faults.isDead(member.index)) return
    // No other process may run with the key, and there has to be room for what is written.
    if (machine.seats.some(({ stand_in, disk }) => stand_in !== null || disk.is_full)) return this.#later(machine)
    this.#expected.delete(machine)
    this.#adopt(member)
  }

  #adopt(member: SimMember): void {
    const { faults, say } = this.#modules
    member.crash()
    say(`its operator adopts what was found: ${member.machine.adopt().length} statements`, member.index)
    faults.restartLater(member)
  }
}
