/** How a core hears of its bitcoind, in one run of the process: the follower's facts one by one, and how bitcoind is. */
import type { ChainEvent } from '@belfry/protocol'
import type { SimBitcoind, SimFollower } from '../chain/index.ts'
import type { MemberClock, Random } from '../world/index.ts'

export interface ChainTellerModules {
  readonly bitcoind: SimBitcoind
  readonly follower: SimFollower
  readonly clock: MemberClock
  readonly random: Random
  readonly tell: (event: ChainEvent) => void
}

/** Between two facts; mostly none, for a block's facts come together. */
const MAX_TELL_GAP_MS = 5

export class ChainTeller {
  readonly #modules: ChainTellerModules
  #telling = false
  #told_up = true

  constructor(modules: ChainTellerModules) {
    this.#modules = modules
  }

  tellHealth(): void {
    const { bitcoind: { is_up, estimate, floor }, tell } = this.#modules
    this.#told_up = is_up
    tell({
      event: 'chain-health',
      state: is_up ? 'ok' : 'unreachable',
      estimate,
      mempool_floor: floor,
      implementation: '/Simulated:1.0.0/',
    })
  }

  /** Something changed there. */
  tellSoon(): void {
    if (this.#telling) return
    this.#telling = true
    this.#modules.clock.after(this.#modules.random.int(0, MAX_TELL_GAP_MS), () => {
      this.#telling = false
      this.#tell()
    })
  }

  #tell(): void {
    const { bitcoind, follower, random, tell } = this.#modules
    if (this.#told_up !== bitcoind.is_up) this.tellHealth()
    for (let event = follower.next(); event !== null; event = follower.next()) {
      tell(event)
      if (event.event === 'block-connected') this.tellHealth()
      // Mostly at once, so that a block's facts share a turn; sometimes not, so that anything may come between.
      if (random.chance(0.2)) {
        this.tellSoon()
        return
      }
    }
  }
}
