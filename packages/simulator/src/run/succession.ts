/** A change of members: the next lock is made, operators learn of it one after the other, and the owner enrols the vault under it, too. */
import { FederationError } from '@belfry/protocol'
import type { MemberIndex, Outpoint } from '@belfry/protocol/primitives'
import { type Owner, type SimFederation, nextFederation } from '../federation/index.ts'
import type { CryptoSuite } from '../crypto/index.ts'
import type { SimMember } from '../member/index.ts'
import type { MachineNumber } from '../network/index.ts'
import type { Random, World } from '../world/index.ts'
import { CrossTalk } from './cross-talk.ts'
import type { SimEpoch } from './epoch.ts'
import type { Faults } from './faults.ts'
import type { Guard } from './liveness.ts'
import { Operators, RESTART_MS, placeOf } from './operators.ts'
import type { Plan } from './plan.ts'
import type { DrawnChange, DrawnRival } from './swarm.ts'
import { SUCCESSORS, handOut, makeRival } from './two-successors.ts'

export interface SuccessionModules {
  readonly world: World
  readonly random: Random
  readonly suite: CryptoSuite
  readonly first: SimEpoch
  readonly faults: Faults
  readonly deposit: Outpoint
  /** The generation whose unvaults the owner would enrol anew. */
  readonly activeUnvaults: () => number
  /** The owner may order something there from now on. */
  readonly onDealt: (epoch: SimEpoch) => void
  /** `mark`: as in EpochModules. */
  readonly open: (built: SimFederation, mark: string) => SimEpoch
}

/** What these worlds cost doubles: the largest have none. */
const MOST_MEMBERS = 5
const LEAST_MEMBERS = 3
/** From a death to the change that answers it, and from a lock to its use. */
const TALK_MS = 60_000
/** Between the one lock that an operator is given and the other. */
const LATE_MS = 60_000
/** So long a thief waits for a change that is to come before him. */
const PATIENCE_MS = 300_000

/** Null where the world draws none, or is too large for it. Who joins runs on a machine of its own, after all others. */
export function changeOf({ swarm, members }: Pick<Plan, 'swarm' | 'members'>): DrawnChange | null {
  const drawn = swarm['membership-changes']
  if (drawn === null || members > MOST_MEMBERS) return null
  const joins = drawn.joins || drawn.leaves === 'nobody' || members === LEAST_MEMBERS
  return { ...drawn, joins }
}

export class Succession {
  readonly #plan: Plan
  readonly #change: DrawnChange
  readonly #modules: SuccessionModules
  readonly #cross_talk: CrossTalk
  readonly #operators: Operators
  #began_at: number | null = null
  #is_over = false
  #next: { readonly epoch: SimEpoch; readonly owner: Owner; readonly is_overrun: boolean } | null = null
  /** Where two locks follow the first: until when a thief waits for what operators do with them. */
  #contested_until_ms: number | null = null

  constructor(plan: Plan, change: DrawnChange, modules: SuccessionModules) {
    this.#plan = plan
    this.#change = change
    this.#modules = modules
    const { world, random, first, faults } = modules
    this.#cross_talk = new CrossTalk({ world, random: first.stream('cross-talk'), every_ms: change.crosses_ms })
    this.#operators = new Operators(plan, { world, random, first, faults, tap: (epoch, seat) => this.#cross_talk.tap(epoch, seat) })
  }

  /** Whether the thief is to wait. */
  get isAwaited(): boolean {
    if (this.#change.when !== 'before' || this.#began_at === null || this.#is_over) return false
    if (this.#modules.world.now_ms > this.#began_at + PATIENCE_MS) return false
    if (this.#contested_until_ms !== null) return this.#modules.world.now_ms < this.#contested_until_ms
    return this.#next === null || this.#next.owner.active.size < this.#next.epoch.built.federation.thresholds.clawback.protected
  }

  onEnrolled(): void {
    if (this.#change.when !== 'after') this.#begin()
  }

  onStruck(): void {
    const { world, random } = this.#modules
    world.after(random.int(0, this.#plan.bitcoin.block_ms * 4), () => this.#begin())
  }

  /** Of the next epoch, where there is one that may be asked for something. Where there are two, the first alone is asked. */
  guards(): readonly Guard[] {
    if (this.#next === null || this.#next.is_overrun || this.#contested_until_ms !== null) return []
    const { epoch, owner } = this.#next
    return [guardOf(epoch, owner)]
  }

  #begin(): void {
    if (this.#began_at !== null) return
    const { world, random, faults, first } = this.#modules
    this.#began_at = world.now_ms
    const leaver = this.#leaver()
    if (leaver === undefined) return this.#fail('nobody can leave')
    if (leaver !== null && this.#change.leaves === 'dead') {
      first.trace?.say('dies for good', leaver.index)
      faults.bury(leaver)
    }
    world.after(random.int(0, TALK_MS), () => this.#make(leaver?.index ?? null))
  }

  #fail(why: string): void {
    this.#is_over = true
    this.#modules.first.trace?.say(`no next lock: ${why}`)
  }

  /** Null: nobody leaves. Undefined where somebody is to, and nobody may: too many of those left could lie. */
  #leaver(): SimMember | null | undefined {
    const { random, first } = this.#modules
    const { leaves } = this.#change
    if (leaves === 'nobody') return null
    const convicted = new Set([...first.members.values()].flatMap(({ state }) => Array.from(state?.durable.evidence.values() ?? [], (each) => each.member)))
    const isWanted = (member: SimMember): boolean => {
      if (leaves === 'convicted') return convicted.has(member.index)
      return leaves === 'liar' ? !member.is_honest : member.is_honest
    }
    const all = [...first.members.values()].filter((member) => this.#isRidOfEnough(member.index))
    const wanted = all.filter(isWanted)
    const [leaver] = random.sample(wanted.length > 0 ? wanted : all, 1)
    return leaver
  }

  /** What those left could do is what the simulator knows how to ask for: less than a threshold of them lie. */
  #isRidOfEnough(leaver: MemberIndex, joins = this.#change.joins): boolean {
    const { corrupted, wayward, members, is_overrun } = this.#plan
    const n = members - 1 + (joins ? 1 : 0)
    if (n < LEAST_MEMBERS) return false
    const left = [...corrupted.keys(), ...wayward].filter((index) => index !== leaver).length
    // Of the smallest thresholds that there are.
    return left === 0 || (is_overrun ? left < 2 : left <= Math.max(1, Math.floor((n - 1) / 3)))
  }

  /** All that are to be members sign; of the members so far, whoever lies or is dead does not consent: an operator can while the node is down. */
  #make(leaves: MemberIndex | null): void {
    const { world, random, suite, first, faults, open } = this.#modules
    const { built, members, trace } = first
    const consenting = [...members.values()].filter((member) => member.is_honest && !faults.isDead(member.index)).map(({ index }) => index)
    const joins = this.#change.joins ? ((this.#plan.members + 1) as MachineNumber) : null
    let next: SimFederation
    try {
      next = nextFederation({ before: built, leaves, joins, consenting }, { suite, random })
    } catch (error) {
      if (!(error instanceof FederationError)) throw error
      this.#fail(error.message)
      return
    }
    const { q, t } = next.federation.thresholds.clawback
    trace?.say(`the next lock: ${leaves === null ? 'nobody' : `member ${leaves}`} leaves, ${joins === null ? 'nobody' : `machine ${joins}`} joins: ${next.federation.members.length} members, q ${q}, t ${t}`)
    const epoch = open(next, '1')
    this.#cross(first)
    this.#cross(epoch)
    const rival = this.#makeRival(next, leaves)
    if (rival !== null) return this.#contest(rival, epoch)
    for (const { index } of next.federation.members) world.after(random.int(0, this.#change.spread_ms), () => this.#operators.adopt(epoch, index))
    this.#renew(epoch)
  }

  /** Null where there is none. */
  #makeRival(next: SimFederation, leaves: MemberIndex | null): { readonly drawn: DrawnRival; readonly built: SimFederation } | null {
    const { suite, first, faults } = this.#modules
    const drawn = this.#plan.swarm['rival-locks']
    if (drawn === null) return null
    const all = [...first.members.values()]
    const consenting = all.filter(({ is_honest, index }) => is_honest && !faults.isDead(index))
    const leavers = all.filter(({ index }) => index !== leaves && this.#isRidOfEnough(index, false)).map(({ index }) => index)
    const liars = all.filter(({ is_honest }) => !is_honest).map(({ index }) => index)
    const init = { before: first.built, next, leavers, liars, forgetful: consenting.map(({ index }) => index) }
    const rival = makeRival(init, { suite, random: first.stream('two successors') })
    if (rival === null) return null
    const { twice, conflict } = rival
    if (twice.length <= first.built.federation.b) first.judge.fail(SUCCESSORS, `only ${twice.length} consented to both`)
    if (conflict?.twice.join() !== twice.join()) first.judge.fail(SUCCESSORS, `${twice.join()} consented to both, and ${conflict?.twice.join() ?? 'nobody'} is told`)
    first.trace?.say(`another lock follows: member ${rival.leaves} leaves; to both consented ${twice.join()}`)
    return { drawn, built: rival.built }
  }

  /** Operators are given the one lock, the other, or both, and the owner enrols under each. */
  #contest({ drawn, built }: { readonly drawn: DrawnRival; readonly built: SimFederation }, epoch: SimEpoch): void {
    const { world, open } = this.#modules
    const other = open(built, '1b')
    this.#cross(other)
    const random = other.stream('what operators are given')
    const both = [epoch, other]
    const machines = new Set(both.flatMap(({ built: { federation, machineOf } }) => federation.members.map(({ index }) => machineOf(index))))
    const places = new Map([...machines].map((machine) => [machine, both.filter((each) => placeOf(each, machine) !== null)] as const))
    for (const [machine, { first, later }] of handOut(drawn, places, random)) {
      const at_ms = random.int(0, this.#change.spread_ms)
      world.after(at_ms, () => this.#operators.give(machine, first))
      world.after(at_ms + random.exponential(LATE_MS), () => this.#operators.give(machine, later))
    }
    this.#contested_until_ms = world.now_ms + this.#change.spread_ms + RESTART_MS
    for (const each of both) this.#renew(each, random)
  }

  #cross(epoch: SimEpoch): void {
    this.#cross_talk.join(epoch)
    for (const member of epoch.members.values()) epoch.network.join(this.#cross_talk.tap(epoch, member))
  }

  /** The same transactions, in envelopes for the next members. */
  #renew(epoch: SimEpoch, random = this.#modules.random): void {
    const { world, deposit, activeUnvaults, onDealt } = this.#modules
    const plan = { ...this.#plan.deal, unvaults_of_generation: activeUnvaults() }
    const owner = epoch.newClient(epoch.deal(plan, deposit, epoch.stream('deal')), epoch.stream('owner'))
    this.#next ??= { epoch, owner, is_overrun: this.#isOverrun(epoch) }
    world.after(random.int(0, TALK_MS), () => owner.enrol())
    onDealt(epoch)
  }

  #isOverrun({ built: { federation, machineOf } }: SimEpoch): boolean {
    const { corrupted, wayward } = this.#plan
    const fallible = federation.members.filter(({ index }) => corrupted.has(machineOf(index)) || wayward.has(machineOf(index)))
    return fallible.length > federation.b
  }
}

export function guardOf({ built: { federation, machineOf }, members, network, judge }: SimEpoch, owner: Owner): Guard {
  const { q, t } = federation.thresholds.clawback
  return { size: Math.max(q, t), b: federation.b, owner, members, network, machineOf, judge }
}
