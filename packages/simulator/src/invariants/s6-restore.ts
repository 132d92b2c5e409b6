/**
 * At crashes and at the end the whole log is restored, by the loop's own function. In between, for that costs as much as hundreds of
 * events, each honest member has a shadow: what was restored at its start, and after it each record as it is read back from the bytes
 * that are appended. The state is compared with it whenever records are appended, which is once a turn, and every few steps besides.
 */
import type { Input, Output } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { type LogEntry, restoreLog } from '@belfry/runtime'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant, Watcher } from './invariant.ts'
import { WHOLE, differenceOf } from './same.ts'
import { type Look, Shadow } from './shadow.ts'

/** Of those that append nothing: what changes the state without a record is found so soon. */
const STEPS_BETWEEN_LOOKS = 32
const LOOKS_BETWEEN_QUICK = 3
const LOOKS_BETWEEN_WHOLE = 24

export const S6: Invariant = {
  name: 'S6',
  sentence: 'restore(log) equals the durable state',
  watch: (context) => new Restoring(context),
}

interface Followed {
  readonly shadow: Shadow
  /** Of its disk, when this began. */
  readonly exchanges: number
  /** Since the last look. */
  steps: number
  looks: number
}

class Restoring implements Watcher {
  readonly #context: Context
  readonly #followed = new Map<MemberIndex, Followed>()

  constructor(context: Context) {
    this.#context = context
  }

  onStarted(member: SimMember): void {
    const { index, state, record_index, disk } = member
    if (!this.#context.isHonest(index) || state === null) return
    const before = this.#followed.get(index)
    // Nothing was lost, nor put back, nor written by an operator: the log restores to what the shadow of the life before has come to.
    if (before?.shadow.index === record_index && before.exchanges === disk.exchanges) {
      this.#look(member, before)
      return
    }
    this.#followed.set(index, { shadow: new Shadow(state.durable, record_index), exchanges: disk.exchanges, steps: 0, looks: 0 })
    disk.onAppend = (entries) => this.#onAppend(member, entries)
  }

  onStep(member: SimMember, _input: Input, _output: Output, index: number): void {
    const followed = this.#followed.get(member.index)
    // What is not appended yet is looked at when it is: in this turn, or a few turns later.
    if (followed?.shadow.index !== index) return
    followed.steps += 1
    if (this.#context.is_thorough || followed.steps >= STEPS_BETWEEN_LOOKS) this.#look(member, followed)
  }

  onCrash(member: SimMember): void {
    compare(this.#context, member)
  }

  onEnd(): void {
    for (const member of this.#context.members.values()) compare(this.#context, member)
  }

  #onAppend(member: SimMember, entries: readonly LogEntry[]): void {
    const followed = this.#followed.get(member.index)
    if (followed === undefined || member.core === null) return
    try {
      followed.shadow.append(member.core, entries)
    } catch (error) {
      this.#context.fail(`a record that was appended does not apply: ${String(error)}`, member.index)
      return
    }
    this.#look(member, followed)
  }

  #look(member: SimMember, followed: Followed): void {
    if (member.state === null) return
    followed.steps = 0
    followed.looks += 1
    const where = followed.shadow.differenceOf(member.state.durable, this.#lookFor(followed))
    if (where !== null) this.#context.fail(`the state is not what its records make of it: it differs at ${where}`, member.index)
  }

  #lookFor({ looks }: Followed): Look {
    if (this.#context.is_thorough || looks % LOOKS_BETWEEN_WHOLE === 0) return 'whole'
    return looks % LOOKS_BETWEEN_QUICK === 0 ? 'quick' : 'news'
  }
}

/**
 * Between events the state is ahead of the disk by the write under way at most; or by a turn that is not over, where the crash
 * belongs to another seat of the machine.
 */
function compare(context: Context, member: SimMember): void {
  const { core, state, disk, machine } = member
  if (core === null || state === null) return
  if (machine.seats.length > 1 && disk.kept_index < member.record_index) return
  try {
    const { durable } = restoreLog(core, disk.ifKept())
    const where = differenceOf(state.durable, durable, WHOLE)
    if (where !== null) context.fail(`the log restores to another state: it differs at ${where}`, member.index)
  } catch (error) {
    context.fail(`the log does not restore: ${String(error)}`, member.index)
  }
}
