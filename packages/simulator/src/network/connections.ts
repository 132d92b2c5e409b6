/** Tells both ends of a connection that it is there, or there no more, a moment after. */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Random, World } from '../world/index.ts'
import { type Endpoints, placeOf } from './endpoints.ts'
import type { Ways } from './ways.ts'
import type { MachineNumber } from './wires.ts'

const NOTICE_MS = 2_000

export interface ConnectionModules {
  readonly world: World
  readonly random: Random
  readonly endpoints: Endpoints
  readonly ways: Ways
}

export class Connections {
  readonly #modules: ConnectionModules
  /** What a process was last told of its connection with a member, as `place<member`. */
  readonly #told = new Map<string, boolean>()

  constructor(modules: ConnectionModules) {
    this.#modules = modules
    modules.ways.wires.onChange((way) => (way === null ? this.#noticeAll() : this.#noticeWay(way)))
  }

  /** A process came up or went down: it has been told nothing. */
  begin(place: number, member: MemberIndex, other: MemberIndex): void {
    this.#told.set(`${place}<${other}`, false)
    this.#noticeSoon(member, other)
  }

  #noticeAll(): void {
    const members = this.#modules.endpoints.members()
    for (const a of members) for (const b of members) if (a < b) this.#noticeSoon(a, b)
  }

  #noticeWay(way: readonly [MachineNumber, MachineNumber]): void {
    const { endpoints, ways } = this.#modules
    const [from, to] = way.map((machine) => endpoints.members().find((member) => ways.machineOf(member) === machine))
    if (from !== undefined && to !== undefined) this.#noticeSoon(from, to)
  }

  #noticeSoon(a: MemberIndex, b: MemberIndex): void {
    const { world, random } = this.#modules
    for (const [member, other] of [[a, b], [b, a]] as const) {
      world.after(random.int(10, NOTICE_MS), () => this.#notice(member, other))
    }
  }

  #notice(member: MemberIndex, other: MemberIndex): void {
    const { endpoints, ways } = this.#modules
    const connected = ways.isConnected(member, other)
    for (const endpoint of endpoints.processesOf(member)) {
      const key = `${placeOf(endpoint)}<${other}`
      if (!endpoint.is_up || (this.#told.get(key) ?? false) === connected) continue
      this.#told.set(key, connected)
      endpoint.onPeer(other, connected)
    }
  }
}
