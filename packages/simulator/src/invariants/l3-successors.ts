/**
 * What members say of the lock that follows this one. Two things are asked:
 * - an honest member that serves a next lock names it in every heartbeat, and names none otherwise.
 * - more than b members name one, in the heartbeats that the observer took last of each in this life, that it does not serve: it has
 *   told so in that step at the latest, of a lock that differs from its own, or of one where it has none. One that it was given with
 *   another, and adopted neither, its operator knows, and is not told of as unknown. So nobody guards under one
 *   of two successors, and knows of the other, in silence.
 */
import type { DurableEffect, Input, Output, Tell } from '@belfry/protocol'
import type { LockHash, MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant, Watcher } from './invariant.ts'

export const L3_SUCCESSORS: Invariant = {
  name: 'L3',
  sentence: 'each of these raises its alert: a next lock that others serve, and this member does not',
  watch: (context) => new SuccessorWatcher(context),
}

class SuccessorWatcher implements Watcher {
  readonly #context: Context
  /** By observer: what each of the others named last. */
  readonly #named = new Map<MemberIndex, Map<MemberIndex, LockHash | null>>()
  /** As observer/event/lock. */
  readonly #told = new Set<string>()
  #is_followed = false

  constructor(context: Context) {
    this.#context = context
  }

  onStarted({ index }: SimMember): void {
    this.#named.delete(index)
    for (const each of this.#told) if (each.startsWith(`${index}/`)) this.#told.delete(each)
  }

  onStep(observer: SimMember, input: Input, { immediate }: Output): void {
    if (input.kind !== 'frame' || !this.#isFollowed) return
    let isHeard = false
    for (const effect of immediate) {
      if (effect.effect === 'tell') this.#noteTold(observer, effect.tell)
      isHeard ||= effect.effect === 'verdict' && effect.kind === 'heartbeat' && effect.code === 'accepted'
    }
    if (!isHeard) return
    this.#hear(observer, input.bytes)
    if (this.#context.isHonest(observer.index)) this.#judge(observer)
  }

  onLeaving(member: SimMember, effect: DurableEffect): void {
    if (effect.effect !== 'gossip' || !this.#isFollowed || !this.#context.isHonest(member.index) || member.speaks !== 'common') return
    const read = this.#context.frames.read(effect.bytes)
    if (read.kind !== 'heartbeat' || read.head.from !== member.index) return
    const { next_lock } = this.#context.frames.bodyOf('heartbeat', read)
    if (next_lock !== this.#nextOf(member)) this.#context.fail(`it names ${next_lock ?? 'none'} as the next lock, and serves another`, member.index)
  }

  /** Somebody serves a next lock, or did. */
  get #isFollowed(): boolean {
    if (this.#is_followed) return true
    for (const member of this.#context.members.values()) this.#is_followed ||= this.#nextOf(member) !== null
    return this.#is_followed
  }

  #nextOf({ machine }: SimMember): LockHash | null {
    const { lock_hash } = this.#context.federation
    const next = machine.seats.find(({ options }) => options.config.federation.previous_lock_hash === lock_hash)
    return next?.options.config.federation.lock_hash ?? null
  }

  #hear({ index }: SimMember, bytes: Uint8Array): void {
    const { frames } = this.#context
    const read = frames.read(bytes)
    const named = this.#named.get(index) ?? new Map<MemberIndex, LockHash | null>()
    this.#named.set(index, named.set(read.head.from, frames.bodyOf('heartbeat', read).next_lock))
  }

  #noteTold({ index, machine }: SimMember, { event, detail }: Tell): void {
    if (detail === undefined) return
    this.#told.add(`${index}/${event}/${detail}`)
    const isKnown = event === 'successor-unknown' && machine.refused_locks.some((lock) => lock === detail)
    if (isKnown && this.#context.isHonest(index)) this.#context.fail('a lock that its operator was given is told of as unknown', index)
  }

  #judge(observer: SimMember): void {
    const mine = this.#nextOf(observer)
    const isRefused = (lock: LockHash): boolean => mine === null && observer.machine.refused_locks.includes(lock)
    const event = mine === null ? 'successor-unknown' : 'successor-differs'
    const names = [...(this.#named.get(observer.index)?.values() ?? [])]
    for (const lock of new Set(names)) {
      if (lock === null || lock === mine || isRefused(lock) || names.filter((each) => each === lock).length <= this.#context.federation.b) continue
      this.#context.due(event)
      if (!this.#told.has(`${observer.index}/${event}/${lock}`)) this.#context.fail(`more than b members serve another next lock, and ${event} was not told`, observer.index)
    }
  }
}
