/**
 * Alerts about tips. By what each bitcoind told its member, of honest members only, and in times in which the observer heard the
 * other without a break, no clock of its jumped, and none of its own blocks was undone:
 * - a peer two blocks behind or more for LASTING_PERIODS is told to be lagging (or stuck), and one on blocks that are not mine, below
 *   my tip, to be forked;
 * - a peer a block or more behind that has not moved for STUCK_PERIODS is told to be stuck;
 * - where more than b honest peers are two blocks above my tip (one), and mine has not moved for as long, I tell that I lag (am stuck);
 * - where my bitcoind took headers with more work than its chain, and one honest peer that I hear has been above me ever since, for
 *   ECLIPSE_PERIODS, I tell that an eclipse is suspected. Where no message is lost my bitcoind knows of them HEADERS_PERIODS after
 *   that peer was above me.
 * SLACK_PERIODS more each time: a peer may be heard again just before it counts as silent, the way takes time, and members judge once
 * a period. A peer that runs twice says two things at once, and is left out.
 */
import type { Input, TellEvent } from '@belfry/protocol'
import type { BlockHash, MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Alert, Context, Invariant, Watcher } from './invariant.ts'
import { type Relation, ToldTips } from './told-tips.ts'

const LASTING_PERIODS = 12
const STUCK_PERIODS = 60
const ECLIPSE_PERIODS = 180
const SLACK_PERIODS = 5
const HEADERS_PERIODS = 30

/** The world's times since when each has been so. */
interface Pair {
  relation: Relation
  since_ms: number
  /** One block behind or more; above by one or more, by two or more. Null where that is not so. */
  off_ms: number | null
  above_ms: readonly [one: number | null, two: number | null]
}

interface Better {
  readonly since_ms: number
  readonly tip: BlockHash
}

const PERHAPS_WORSE: Record<'tip-lagging' | 'tip-stuck', readonly TellEvent[]> = {
  'tip-lagging': ['tip-lagging', 'tip-stuck', 'tip-forked', 'eclipse-suspected'],
  'tip-stuck': ['tip-stuck', 'tip-forked', 'eclipse-suspected'],
}

export const L3_TIPS: Invariant = {
  name: 'L3',
  sentence: 'each of these raises its alert: member lagging, stuck, forked, eclipsed',
  watch: (context) => new TipWatcher(context),
}

class TipWatcher implements Watcher {
  readonly #context: Context
  readonly #tips = new ToldTips()
  readonly #pairs = new Map<string, Pair>()
  readonly #better = new Map<MemberIndex, Better>()
  readonly #next_ms = new Map<MemberIndex, number>()
  readonly #period_ms: number

  constructor(context: Context) {
    this.#context = context
    this.#period_ms = context.federation.timing.heartbeat_ms
  }

  onStarted: NonNullable<Watcher['onStarted']> = ({ index }, durable) => {
    this.#tips.begin(index, durable.recent, this.#context.world.now_ms)
    this.#better.delete(index)
    this.#refresh(index)
  }

  onStep(member: SimMember, input: Input): void {
    const { world: { now_ms } } = this.#context
    const { index } = member
    if (this.#tips.take(index, input, now_ms)) {
      this.#refresh(index)
      const better = this.#better.get(index)
      if (better && this.#tips.get(index)?.hashes.get(this.#tips.get(index)?.height ?? 0) === better.tip) this.#better.delete(index)
    }
    if (input.kind === 'outcome' && input.outcome.of === 'submit-headers') this.#onHeaders(index, input.outcome)
    if (now_ms < (this.#next_ms.get(index) ?? 0) || member.state === null || !this.#context.isHonest(index)) return
    this.#next_ms.set(index, now_ms + this.#period_ms)
    this.#judge(index)
  }

  #onHeaders(index: MemberIndex, { result, tip }: Extract<Extract<Input, { kind: 'outcome' }>['outcome'], { of: 'submit-headers' }>): void {
    if (result === 'unreachable') return
    if (result !== 'more-work' || tip === null) this.#better.delete(index)
    else this.#better.set(index, { since_ms: this.#better.get(index)?.since_ms ?? this.#context.world.now_ms, tip: tip.hash })
  }

  #refresh(moved: MemberIndex): void {
    for (const other of this.#context.members.keys()) {
      if (other === moved) continue
      this.#refreshPair(moved, other)
      this.#refreshPair(other, moved)
    }
  }

  #refreshPair(observer: MemberIndex, of: MemberIndex): void {
    const { now_ms } = this.#context.world
    const key = `${observer}/${of}`
    const before = this.#pairs.get(key)
    const relation = this.#tips.relation(observer, of)
    const is_off = relation === 'one-behind' || relation === 'behind'
    const above = relation === 'ahead' ? (this.#tips.get(of)?.height ?? 0) - (this.#tips.get(observer)?.height ?? 0) : 0
    this.#pairs.set(key, {
      relation,
      since_ms: before?.relation === relation ? before.since_ms : now_ms,
      off_ms: is_off ? (before?.off_ms ?? now_ms) : null,
      above_ms: [above >= 1 ? (before?.above_ms[0] ?? now_ms) : null, above >= 2 ? (before?.above_ms[1] ?? now_ms) : null],
    })
  }

  #judge(observer: MemberIndex): void {
    const mine = this.#tips.get(observer)
    if (mine === undefined) return
    const peers = [...this.#context.members.values()].flatMap((member) => {
      const since_ms = this.#context.heard.since(observer, member.index)
      const pair = this.#pairs.get(`${observer}/${member.index}`)
      const counts = member.index !== observer && member.is_honest && member.stand_in === null
      return counts && since_ms !== null && pair ? [{ of: member.index, heard_ms: since_ms, pair }] : []
    })
    for (const { of, heard_ms, pair } of peers) this.#judgePeer(observer, of, Math.max(heard_ms, mine.undone_ms), pair)
    const aboveFor = (blocks: 1 | 2, periods: number): number =>
      peers.filter(({ heard_ms, pair: { above_ms } }) => this.#hasLasted(periods, heard_ms, above_ms[blocks - 1] ?? null, mine.moved_ms)).length
    const { b } = this.#context.federation
    if (aboveFor(2, LASTING_PERIODS) > b) this.#demand('own tip-lagging', observer, observer, PERHAPS_WORSE['tip-lagging'])
    if (aboveFor(1, STUCK_PERIODS) > b) this.#demand('own tip-stuck', observer, observer, PERHAPS_WORSE['tip-stuck'])
    for (const { heard_ms, pair: { above_ms: [one] } } of peers) this.#judgeEclipse(observer, heard_ms, one)
  }

  #judgePeer(observer: MemberIndex, of: MemberIndex, undisturbed_ms: number, { relation, since_ms, off_ms }: Pair): void {
    const moved_ms = this.#tips.get(of)?.moved_ms ?? null
    if (this.#hasLasted(STUCK_PERIODS, undisturbed_ms, off_ms, moved_ms)) this.#demand('tip-stuck', observer, of, ['tip-stuck'])
    else if (!this.#hasLasted(LASTING_PERIODS, undisturbed_ms, since_ms)) return
    else if (relation === 'behind') this.#demand('tip-lagging', observer, of, ['tip-lagging', 'tip-stuck'])
    else if (relation === 'beside') this.#demand('tip-forked', observer, of, ['tip-forked'])
  }

  #judgeEclipse(observer: MemberIndex, heard_ms: number, above_ms: number | null): void {
    const known_ms = this.#better.get(observer)?.since_ms ?? null
    const isSteady = above_ms !== null && known_ms !== null && Math.max(heard_ms, above_ms) <= known_ms
    if (isSteady && this.#hasLasted(ECLIPSE_PERIODS, known_ms)) this.#demand('eclipse-suspected', observer, observer, ['eclipse-suspected'])
    const isUp = this.#context.members.get(observer)?.bitcoind.is_up ?? false
    if (this.#context.is_lossless && isUp && known_ms === null && this.#hasLasted(HEADERS_PERIODS, heard_ms, above_ms)) {
      this.#context.fail(`a peer has been above for ${HEADERS_PERIODS} periods, and its bitcoind was shown no headers`, observer)
    }
  }

  /** Each of these times lies that many periods back, and the slack. */
  #hasLasted(periods: number, ...times_ms: readonly (number | null)[]): boolean {
    const since_ms = this.#context.world.now_ms - (periods + SLACK_PERIODS) * this.#period_ms
    return times_ms.every((time_ms) => time_ms !== null && time_ms <= since_ms)
  }

  #demand(alert: Alert, observer: MemberIndex, of: MemberIndex, wanted: readonly TellEvent[]): void {
    const told = this.#context.alerts.last(observer, 'tip', of)
    this.#context.due(alert)
    if (told === null || !wanted.includes(told)) this.#context.fail(`${alert} of member ${of} is due, and told was ${told}`, observer)
  }
}
