/** Whose heartbeats each member has heard without a break, and how long they were under way: what it can know of others at all. */
import type { Federation, Input, Output } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { World } from '../world/index.ts'
import type { FrameReader } from './frames.ts'
import type { Watcher } from './invariant.ts'

interface Hearing {
  /** The world's time. */
  since_ms: number
  last_ms: number
  /** Heartbeats in a row, by clocks that did not jump, that were under way for no longer than CLEAN_MS. */
  clean: number
  jumps: number
}

/** Of a member's own jumps, and of whom it hears. */
interface Ear {
  jumps: number
  /** Of this life, and by a clock that did not jump since. */
  since_ms: number
  readonly of: Map<MemberIndex, Hearing>
}

/** A little less than the silence after which a member is suspect: it is measured by a clock that drifts. */
const UNBROKEN_PERIODS = 2.9
export const CLEAN_MS = 5_000

export interface HeardModules {
  readonly federation: Federation
  readonly world: Pick<World, 'now_ms'>
  readonly frames: FrameReader
  readonly members: ReadonlyMap<MemberIndex, SimMember>
}

export class Heard implements Watcher {
  readonly #modules: HeardModules
  readonly #ears = new Map<MemberIndex, Ear>()
  readonly #unbroken_ms: number

  constructor(modules: HeardModules) {
    this.#modules = modules
    this.#unbroken_ms = UNBROKEN_PERIODS * modules.federation.timing.heartbeat_ms
  }

  onStarted({ index, clock_jumps }: SimMember): void {
    this.#ears.set(index, { jumps: clock_jumps, since_ms: this.#modules.world.now_ms, of: new Map() })
  }

  onStep(member: SimMember, input: Input, { immediate }: Output): void {
    if (input.kind !== 'frame') return
    for (const effect of immediate) {
      if (effect.effect === 'verdict' && effect.kind === 'heartbeat' && effect.code === 'accepted') this.#hear(member, input.bytes)
    }
  }

  /** Since when it has heard that one without a break, in this life and by a clock that did not jump; null where it does not. */
  since(observer: MemberIndex, of: MemberIndex): number | null {
    const hearing = this.#hearing(observer, of)
    return hearing && this.#modules.world.now_ms - hearing.last_ms < this.#unbroken_ms ? hearing.since_ms : null
  }

  /** When it took the last heartbeat of that one in this life, by a clock that did not jump since; null where there was none. */
  last(observer: MemberIndex, of: MemberIndex): number | null {
    return this.#hearing(observer, of)?.last_ms ?? null
  }

  /** Since when it has listened at least, in this life and by a clock that did not jump; null where it has not begun. */
  listeningSince(observer: MemberIndex): number | null {
    return this.#earOf(observer)?.since_ms ?? null
  }

  /** How many of its last heartbeats tell how its clock stands. */
  clean(observer: MemberIndex, of: MemberIndex): number {
    const hearing = this.#hearing(observer, of)
    return hearing && hearing.jumps === this.#modules.members.get(of)?.clock_jumps ? hearing.clean : 0
  }

  #hearing(observer: MemberIndex, of: MemberIndex): Hearing | undefined {
    return this.#earOf(observer)?.of.get(of)
  }

  #earOf(observer: MemberIndex): Ear | undefined {
    const ear = this.#ears.get(observer)
    if (ear === undefined) return undefined
    const jumps = this.#modules.members.get(observer)?.clock_jumps ?? 0
    if (ear.jumps !== jumps) {
      ear.jumps = jumps
      ear.since_ms = this.#modules.world.now_ms
      ear.of.clear()
    }
    return ear
  }

  #hear(observer: SimMember, bytes: Uint8Array): void {
    const { world: { now_ms }, frames, members } = this.#modules
    const { head } = frames.read(bytes)
    const sender = members.get(head.from)
    const before = this.#hearing(observer.index, head.from)
    const is_one = sender?.stand_in === null
    // While two processes speak, it is not known which of them was heard: that counts from when one alone does.
    const is_unbroken = is_one && before !== undefined && now_ms - before.last_ms < this.#unbroken_ms
    const jumps = sender?.clock_jumps ?? 0
    const sent_ms = sender?.now() ?? null
    const is_clean = is_one && sent_ms !== null && Math.abs(sent_ms - head.sent_at) <= CLEAN_MS
    const is_same_clock = before?.jumps === jumps
    this.#ears.get(observer.index)?.of.set(head.from, {
      since_ms: is_unbroken ? before.since_ms : now_ms,
      last_ms: now_ms,
      clean: is_clean ? (is_same_clock ? before.clean : 0) + 1 : 0,
      jumps,
    })
  }
}
