/** The network between members: streams and gossip, with whatever can happen to them on the way. */
import type { Verdict } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Random, World } from '../world/index.ts'
import { Connections } from './connections.ts'
import { type Endpoint, Endpoints, placeOf } from './endpoints.ts'
import type { NetworkFaults } from './faults.ts'
import { Gossip } from './gossip.ts'
import { Passage } from './passage.ts'
import { Streams } from './streams.ts'
import { Ways } from './ways.ts'
import { type MachineNumber, Wires } from './wires.ts'

export class SimNetwork {
  readonly #world: World
  readonly #wires: Wires
  readonly #machineOf: (member: MemberIndex) => MachineNumber
  readonly #endpoints = new Endpoints()
  readonly #ways: Ways
  readonly #connections: Connections
  readonly #streams: Streams
  readonly #gossip: Gossip

  /** Without `wires` it has its own, and each member's index is its machine's number. */
  constructor(
    options: { faults: NetworkFaults },
    modules: { world: World; random: Random; wires?: Wires; machineOf?: (member: MemberIndex) => MachineNumber },
  ) {
    const { world, random } = modules
    this.#world = world
    this.#machineOf = modules.machineOf ?? ((member) => member)
    this.#wires = modules.wires ?? new Wires(options.faults)
    const endpoints = this.#endpoints
    const ways = new Ways(this.#wires, this.#machineOf, endpoints)
    const passage = new Passage({ world, random, ways })
    this.#ways = ways
    this.#connections = new Connections({ world, random, endpoints, ways })
    this.#streams = new Streams({ world, random: random.fork('endings'), endpoints, ways, passage })
    this.#gossip = new Gossip({ world, endpoints, ways, passage })
  }

  get faults(): NetworkFaults {
    return this.#wires.faults
  }

  set faults(faults: NetworkFaults) {
    this.#wires.faults = faults
  }

  join(endpoint: Endpoint): void {
    this.#endpoints.join(endpoint)
  }

  /** A second process has ended for good. */
  leave(endpoint: Endpoint): void {
    this.#endpoints.leave(endpoint)
    this.changed(endpoint.index)
  }

  /** Between two of these nothing is lost or late any more. */
  spare(members: readonly MemberIndex[]): void {
    // Nor does anything wait any more behind what a stall holds up.
    for (const from of members) for (const index of members) this.#streams.beginAnew(from, placeOf({ index, is_beside: false }))
    this.#wires.spare(members.map(this.#machineOf))
  }

  /** A process came up or went down: connections are made, or end. */
  changed(member: MemberIndex, isBeside = false): void {
    const place = placeOf({ index: member, is_beside: isBeside })
    for (const other of this.#endpoints.members()) {
      if (other === member) continue
      this.#streams.beginAnew(other, place)
      this.#connections.begin(place, member, other)
    }
    if (!isBeside && this.#endpoints.isDown(member)) this.#streams.endAll(member)
  }

  /** Nobody reaches anybody any more, but for those that are spared. */
  setApart(isApart: boolean): void {
    this.#wires.setApart(isApart)
  }

  cut(from: MemberIndex, to: MemberIndex): void {
    this.#wires.cut(this.#machineOf(from), this.#machineOf(to))
  }

  open(from: MemberIndex, to: MemberIndex): void {
    this.#wires.open(this.#machineOf(from), this.#machineOf(to))
  }

  /** For so long nothing arrives on this way; then all of it does. The connection stands. */
  stall(from: MemberIndex, to: MemberIndex, lasts_ms: number): void {
    this.#wires.stall(this.#machineOf(from), this.#machineOf(to), this.#world.now_ms + lasts_ms)
  }

  isConnected(a: MemberIndex, b: MemberIndex): boolean {
    return this.#ways.isConnected(a, b)
  }

  send(from: MemberIndex, to: MemberIndex, bytes: Uint8Array): void {
    this.#streams.send(from, to, bytes)
  }

  publish(from: MemberIndex, bytes: Uint8Array, isBeside = false): void {
    this.#gossip.publish(from, bytes, isBeside)
  }

  /** What a member's core said of a message that came by gossip, which the token names. */
  onVerdict(token: number, verdict: Verdict): void {
    this.#gossip.onVerdict(token, verdict)
  }
}
