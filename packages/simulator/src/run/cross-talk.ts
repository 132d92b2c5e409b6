/**
 * Frames that reach a machine at the wrong place: said under one lock, heard by the seat for another. Late or at once, from who
 * carried them before. In life it is a liar, a replay, or an operator's wrong configuration.
 */
import type { Channel } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Endpoint } from '../network/index.ts'
import type { Random, World } from '../world/index.ts'
import type { SimEpoch } from './epoch.ts'

export interface CrossTalkModules {
  readonly world: World
  readonly random: Random
  /** Mean time between two such frames. */
  readonly every_ms: number
}

/** Half of them come at once, the others about so late: mostly in another life. */
const LATE_MS = 90_000

export class CrossTalk {
  readonly #modules: CrossTalkModules
  readonly #epochs: SimEpoch[] = []
  #next_ms = 0

  constructor(modules: CrossTalkModules) {
    this.#modules = modules
  }

  /** From now on it hears what is said there, and is heard there. */
  join(epoch: SimEpoch): void {
    this.#epochs.push(epoch)
  }

  /** In an endpoint's place: what that one hears may be heard elsewhere, too. */
  tap(epoch: SimEpoch, endpoint: Endpoint): Endpoint {
    return {
      index: endpoint.index,
      get is_up() {
        return endpoint.is_up
      },
      onFrame: (peer, channel, bytes, token) => {
        const isTaken = endpoint.onFrame(peer, channel, bytes, token)
        this.#mislay(epoch, peer, channel, bytes)
        return isTaken
      },
      onPeer: (member, connected) => endpoint.onPeer(member, connected),
      passesOn: () => endpoint.passesOn(),
    }
  }

  #mislay(from: SimEpoch, peer: MemberIndex, channel: Channel, bytes: Uint8Array): void {
    const { world, random, every_ms } = this.#modules
    if (world.now_ms < this.#next_ms) return
    this.#next_ms = world.now_ms + random.exponential(every_ms)
    const others = this.#epochs.filter((epoch) => epoch !== from)
    if (others.length === 0) return
    const to = random.pick(others)
    const late_ms = random.chance(0.5) ? 0 : random.exponential(LATE_MS)
    world.after(late_ms, () => {
      const seats = [...to.members.values()]
      const forwarder = seats.find(({ index }) => to.built.machineOf(index) === from.built.machineOf(peer))
      const [hearer] = random.sample(seats.filter((seat) => seat.is_up && seat !== forwarder), 1)
      if (forwarder && hearer && to.network.isConnected(forwarder.index, hearer.index)) hearer.onFrame(forwarder.index, channel, bytes, null)
    })
  }
}
