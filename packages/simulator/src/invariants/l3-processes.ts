/**
 * What runs elsewhere under a member's key or name. Asked at the frame that shows it:
 * - a heartbeat of another version, or a frame of another lock, handed over by the very member whose process sends them, on a connection
 *   that the observer was told of: that member is told to be incompatible, in that step at the latest. The observer may have no room
 *   for what it cannot read.
 * - of one member two processes run, by clocks that agree, and the earlier one was heard DOUBLES times, a period apart, saying what it
 *   sent after anything heard before: the observer tells of two instances.
 * - a member is handed, by an honest one, what the later process under its own key said: it tells of a second instance of its own.
 */
import { type Header, type Input, MESSAGE_VERSION, type Output, type VerdictCode } from '@belfry/protocol'
import { type MemberIndex, SchemaError } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant, Watcher } from './invariant.ts'

/** One more than has to be told, for the first may have come when the observer had no room. */
const DOUBLES = 4
/** By a clock that drifts. */
const APART_PERIODS = 1.05
const SAME_CLOCK_MS = 50

type FrameInput = Extract<Input, { kind: 'frame' }>

interface Doubles {
  /** The second process that is counted. */
  readonly of: SimMember | null
  newest_sent_at: number
  count: number
  last_ms: number
}

export const L3_PROCESSES: Invariant = {
  name: 'L3',
  sentence: 'each of these raises its alert: member incompatible, duplicate',
  watch: (context) => new ProcessWatcher(context),
}

class ProcessWatcher implements Watcher {
  readonly #context: Context
  readonly #connected = new Map<MemberIndex, Set<MemberIndex>>()
  /** As observer/member/observer's clock jumps. */
  readonly #doubles = new Map<string, Doubles>()

  constructor(context: Context) {
    this.#context = context
  }

  onStarted({ index }: SimMember): void {
    this.#connected.delete(index)
    for (const { index: other } of this.#context.members.values()) this.#doubles.delete(`${index}/${other}`)
  }

  onStep(observer: SimMember, input: Input, output: Output): void {
    if (input.kind === 'peer') {
      const mine = this.#connected.get(observer.index) ?? new Set()
      if (input.connected) this.#connected.set(observer.index, mine.add(input.member))
      else mine.delete(input.member)
    }
    if (input.kind !== 'frame' || !observer.is_honest) return
    const sender = this.#context.members.get(input.peer)
    if (!sender?.is_honest) return
    if (sender.speaks !== 'common' || sender.stand_in !== null) this.#judgeForeign(observer, input, output)
    // Few worlds know two processes of one member, and reading costs.
    for (const member of this.#context.members.values()) {
      if (member.stand_in?.is_up && member.is_up) this.#judgeDouble(observer, member, input, output)
    }
  }

  #judgeForeign({ index }: SimMember, { peer, bytes }: FrameInput, output: Output): void {
    if (!this.#connected.get(index)?.has(peer) || isCrowdedOut(output) || !isForeign(this.#read(bytes), this.#context)) return
    this.#context.due('peer-incompatible')
    const told = this.#context.alerts.last(index, 'version', peer)
    if (told !== 'peer-incompatible') this.#context.fail(`member ${peer} cannot be read, and told was ${told}`, index)
  }

  #judgeDouble(observer: SimMember, twice: SimMember, { bytes }: FrameInput, output: Output): void {
    const head = this.#read(bytes)
    const [earlier, later] = [twice.state?.durable.boot, twice.stand_in?.state?.durable.boot]
    if (head === null || head.from !== twice.index || earlier === undefined || later === undefined || earlier >= later) return
    if (observer === twice) this.#judgeOwn(observer, head, later, output)
    else if (head.kind === 'heartbeat') this.#count(observer, twice, head, earlier)
  }

  #judgeOwn({ index }: SimMember, { boot }: Header, later: number, output: Output): void {
    if (boot !== later || isCrowdedOut(output) || codeOf(output) === 'duplicate') return
    this.#context.due('second-instance')
    if (this.#context.alerts.last(index, 'own-double', index) === null) {
      this.#context.fail('another process speaks under its key, and nobody was told', index)
    }
  }

  #count(observer: SimMember, twice: SimMember, { boot, sent_at }: Header, earlier: number): void {
    const { world: { now_ms }, federation } = this.#context
    const key = `${observer.index}/${twice.index}`
    const period_ms = federation.timing.heartbeat_ms
    const areOfOneClock = Math.abs((twice.now() ?? 0) - (twice.stand_in?.now() ?? 0)) <= SAME_CLOCK_MS
    const jumps = observer.clock_jumps + twice.clock_jumps
    if (!areOfOneClock || jumps > 0) return
    const known = this.#doubles.get(key)
    const before = known?.of === twice.stand_in ? known : { newest_sent_at: Number.POSITIVE_INFINITY, count: 0, last_ms: now_ms }
    const isDouble = boot === earlier && sent_at > before.newest_sent_at && now_ms - before.last_ms >= APART_PERIODS * period_ms
    // Counted from the first heartbeat of the later process on.
    const newest_sent_at = boot === earlier && before.newest_sent_at === Number.POSITIVE_INFINITY ? before.newest_sent_at : maxOf(before.newest_sent_at, sent_at)
    const doubles = { of: twice.stand_in, newest_sent_at, count: before.count + (isDouble ? 1 : 0), last_ms: isDouble ? now_ms : before.last_ms }
    this.#doubles.set(key, doubles)
    if (!isDouble || doubles.count < DOUBLES) return
    this.#context.due('duplicate-instance')
    const told = this.#context.alerts.last(observer.index, 'double', twice.index)
    if (told !== 'duplicate-instance') this.#context.fail(`member ${twice.index} runs twice, and told was ${told}`, observer.index)
  }

  /** Null for what nobody of this version can read. */
  #read(bytes: Uint8Array): Header | null {
    try {
      return this.#context.frames.read(bytes).head
    } catch (error) {
      if (error instanceof SchemaError) return null
      throw error
    }
  }
}

function maxOf(newest: number, sent_at: number): number {
  return newest === Number.POSITIVE_INFINITY ? sent_at : Math.max(newest, sent_at)
}

function isForeign(head: Header | null, { federation }: Context): boolean {
  if (head === null) return true
  // The version is read first, whatever lock it is said under.
  return head.version === MESSAGE_VERSION ? head.lock_prefix !== federation.lock_prefix : head.kind === 'heartbeat'
}

function codeOf({ immediate }: Output): VerdictCode | null {
  for (const effect of immediate) if (effect.effect === 'verdict') return effect.code
  return null
}

function isCrowdedOut(output: Output): boolean {
  return codeOf(output)?.endsWith('over-budget') ?? false
}
