/** Messages to everybody, passed on by whoever accepted them. */
import type { Verdict } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { World } from '../world/index.ts'
import { type Endpoint, type Endpoints, PLACES, placeOf } from './endpoints.ts'
import type { Passage } from './passage.ts'
import type { Ways } from './ways.ts'

interface Message {
  readonly bytes: Uint8Array
  /** By place: it has it, or it is on the way there. */
  readonly reached: Uint8Array
}

export interface GossipModules {
  readonly world: World
  readonly endpoints: Endpoints
  readonly ways: Ways
  readonly passage: Passage
}

export class Gossip {
  readonly #modules: GossipModules
  readonly #messages = new Map<string, Message>()
  readonly #awaiting = new Map<number, { readonly message: Message; readonly endpoint: Endpoint }>()
  #token = 0

  constructor(modules: GossipModules) {
    this.#modules = modules
  }

  /** The same bytes again reach only those that they have not reached. */
  publish(from: MemberIndex, bytes: Uint8Array, isBeside: boolean): void {
    const id = idOf(bytes)
    const message = this.#messages.get(id) ?? { bytes, reached: new Uint8Array(PLACES) }
    this.#messages.set(id, message)
    const sender = { index: from, is_beside: isBeside }
    message.reached[placeOf(sender)] = 1
    this.#spread(message, sender)
  }

  /** Only what was accepted goes on from there. */
  onVerdict(token: number, verdict: Verdict): void {
    const awaited = this.#awaiting.get(token)
    this.#awaiting.delete(token)
    if (awaited && verdict === 'accept' && awaited.endpoint.passesOn()) this.#spread(awaited.message, awaited.endpoint)
  }

  #spread(message: Message, via: Pick<Endpoint, 'index' | 'is_beside'>): void {
    const { world, endpoints, ways, passage } = this.#modules
    for (const endpoint of endpoints.all()) {
      const to = endpoint.index
      const place = placeOf(endpoint)
      if (to === via.index || message.reached[place] === 1 || !endpoint.is_up || !ways.leads(via.index, to)) continue
      // Lost on this way; another member may still pass it on.
      if (passage.isLost(via.index, to)) continue
      message.reached[place] = 1
      passage.carry(via.index, to, (delay_ms) => {
        world.after(delay_ms, () => {
          this.#arrive(message, via.index, endpoint)
          passage.remember(via.index, endpoint, 'gossip', message.bytes)
        })
      })
    }
  }

  #arrive(message: Message, via: MemberIndex, endpoint: Endpoint): void {
    this.#token += 1
    const token = this.#token
    this.#awaiting.set(token, { message, endpoint })
    if (!endpoint.onFrame(via, 'gossip', message.bytes, token)) this.#awaiting.delete(token)
  }
}

/** Tells messages apart: two FNV-1a hashes over the bytes, and their length. */
function idOf(bytes: Uint8Array): string {
  let a = 0x811c_9dc5
  let b = 0x0100_0193
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x0100_0193)
    b = Math.imul(b ^ byte, 0x85eb_ca6b)
  }
  return `${a}/${b}/${bytes.length}`
}
