/** What can happen to a message on its way: it is lost, doubled, late, or delivered once more long after. */
import type { Channel } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Random, World } from '../world/index.ts'
import type { Endpoint } from './endpoints.ts'
import type { Ways } from './ways.ts'

/** Longer than a life, mostly. */
const REPLAYED_AFTER_MS = 120_000

export class Passage {
  readonly #world: World
  readonly #ways: Ways
  readonly #random: Random
  readonly #streams: Readonly<Record<'loss' | 'duplication' | 'reordering' | 'replay', Random>>
  #next_replay_ms = 0

  constructor(modules: { readonly world: World; readonly random: Random; readonly ways: Ways }) {
    this.#world = modules.world
    this.#ways = modules.ways
    this.#random = modules.random
    const fork = (name: string): Random => modules.random.fork(name)
    this.#streams = { loss: fork('loss'), duplication: fork('duplication'), reordering: fork('reordering'), replay: fork('replay') }
  }

  isLost(from: MemberIndex, to: MemberIndex): boolean {
    return this.#streams.loss.chance(this.#ways.wires.faults.drops) && !this.#ways.areSpared(from, to)
  }

  /** Each copy of a message, with its time on the way. */
  carry(from: MemberIndex, to: MemberIndex, send: (delay_ms: number) => void): void {
    const { faults } = this.#ways.wires
    const copies = this.#streams.duplication.chance(faults.duplicates) ? 2 : 1
    const areSpared = this.#ways.areSpared(from, to)
    const stalled_ms = areSpared ? 0 : Math.max(0, this.#ways.stalledUntil(from, to) - this.#world.now_ms)
    for (let i = 0; i < copies; i++) {
      const usual = this.#random.int(1, faults.delay_ms)
      const isLate = this.#streams.reordering.chance(faults.straggles) && !areSpared
      send(stalled_ms + (isLate ? usual * 20 : usual))
    }
  }

  /** Now and then one that was delivered is delivered again long after, by the same way. */
  remember(from: MemberIndex, to: Endpoint, channel: Channel, bytes: Uint8Array): void {
    const { replay_ms } = this.#ways.wires.faults
    if (replay_ms === null || this.#world.now_ms < this.#next_replay_ms) return
    const { replay } = this.#streams
    this.#next_replay_ms = this.#world.now_ms + replay.exponential(replay_ms)
    this.#world.after(replay.exponential(REPLAYED_AFTER_MS), () => {
      if (to.is_up && this.#ways.leads(from, to.index)) to.onFrame(from, channel, bytes, null)
    })
  }
}
