/** Messages from one member to another, in their order. */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Random, World } from '../world/index.ts'
import { type Endpoints, placeOf } from './endpoints.ts'
import type { Passage } from './passage.ts'
import { StreamOrder } from './stream-order.ts'
import type { Ways } from './ways.ts'

export interface StreamModules {
  readonly world: World
  /** Of what arrives of a life that has ended. */
  readonly random: Random
  readonly endpoints: Endpoints
  readonly ways: Ways
  readonly passage: Passage
}

export class Streams {
  readonly #modules: StreamModules
  readonly #order = new StreamOrder()

  constructor(modules: StreamModules) {
    this.#modules = modules
  }

  send(from: MemberIndex, to: MemberIndex, bytes: Uint8Array): void {
    const { world, endpoints, ways, passage } = this.#modules
    if (!ways.leads(from, to) || this.#isLost(from, to)) return
    for (const endpoint of endpoints.processesOf(to)) {
      passage.carry(from, to, (delay_ms) => {
        const { now_ms } = world
        const stream = this.#order.streamOf(from, placeOf(endpoint))
        world.after(stream.arrival(now_ms + delay_ms) - now_ms, () => {
          if (stream.hasEnded(world.now_ms)) return
          endpoint.onFrame(from, 'stream', bytes, null)
          passage.remember(from, endpoint, 'stream', bytes)
        })
      })
    }
  }

  /** Nothing waits any more for what is under way from there. */
  beginAnew(from: MemberIndex, place: number): void {
    this.#order.forget(from, place)
  }

  /** It has died: what it had sent still arrives, or the first part of it; its next life has streams of its own. */
  endAll(from: MemberIndex): void {
    const { world, random, endpoints, ways } = this.#modules
    for (const endpoint of endpoints.all()) {
      if (endpoint.index === from) continue
      const place = placeOf(endpoint)
      if (random.chance(0.5)) this.#order.streamOf(from, place).end(world.now_ms + random.int(0, ways.wires.faults.delay_ms))
      this.#order.forget(from, place)
    }
  }

  #isLost(from: MemberIndex, to: MemberIndex): boolean {
    const { world: { now_ms }, ways, passage } = this.#modules
    if (passage.isLost(from, to)) this.#order.lose(from, to, now_ms)
    return this.#order.isLost(from, to, now_ms) && !ways.areSpared(from, to)
  }
}
