/** What happens in a run, in its order: enrolment, faults, the theft, healing, the end. */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { BitcoinNetwork, SimTx } from '../chain/index.ts'
import type { Deal, Owner } from '../federation/index.ts'
import type { SimMember } from '../member/index.ts'
import type { SimNetwork } from '../network/index.ts'
import type { Random, World } from '../world/index.ts'
import { calmBitcoin, calmNetwork } from './calm.ts'
import type { Faults } from './faults.ts'
import { type Guard, L1, heal, healsAt, isFit, outcomeDepth, outcomeOf } from './liveness.ts'
import { LONGEST_REORG, type Plan } from './plan.ts'
import { TIME_TO_TELL, demandAgreement, demandEnd, demandOrders } from './reckoning.ts'
import { strike } from './strike.ts'
import type { Succession } from './succession.ts'
import { timeToAgree } from './taking-back.ts'
import type { Thief } from './thief.ts'

export interface StoryModules {
  readonly world: World
  readonly random: Random
  readonly network: SimNetwork
  readonly bitcoin: BitcoinNetwork
  readonly faults: Faults
  readonly thief: Thief
  readonly deal: Deal
  readonly owner: Owner
  /** Enrols the next generation, where the plan has one. */
  readonly renew: () => void
  /** Of this lock. */
  readonly guard: Guard
  /** Where there is to be a next one. */
  readonly succession: Succession | null
  /** Receipts that make the vault protected. */
  readonly wanted: number
  readonly say: (what: string) => void
  /** Of the generation that follows; null where there is none. */
  readonly next: () => Deal | null
}

const POLL_MS = 5_000
/** The thief strikes by then, however few have enrolled. */
const LONGEST_ENROLMENT_MS = 400_000
/** Blocks that a run goes on after its story has ended. */
const AFTERMATH = 3
/** Blocks after which a thief waits no longer, and where there is none nothing comes any more. */
const PATIENCE = 8
/** Hours of peace. */
const CALM_BLOCKS = 24
const SETTLED = 101
/** Blocks in which an owner orders the vault forgotten once more. */
const TIME_TO_DESTROY = 30
/** Blocks that a world goes on as it was after no reorganisation can change its outcome. */
const FURTHER_BLOCKS = 4
/** Blocks in which the next generation becomes active, or is taken back. */
const PEACE_BLOCKS = 7

export class StoryTeller {
  readonly #plan: Plan
  readonly #modules: StoryModules
  #struck_at: number | null = null
  #struck_ms = 0
  #core: readonly MemberIndex[] | null = null
  /** Whose that is. */
  #guard: Guard
  #is_healed = false
  #healed_at = 0
  #ends_at: number | null = null
  #ending = 'did not end'
  #is_over = false

  constructor(plan: Plan, modules: StoryModules) {
    this.#plan = plan
    this.#modules = modules
    this.#guard = modules.guard
  }

  get is_over(): boolean {
    return this.#is_over
  }

  /** In a few words. */
  get ending(): string {
    return this.#ending
  }

  begin(): void {
    const { world, random, bitcoin, network, owner, guard: { members } } = this.#modules
    if (this.#plan.has_faults_from_start || this.#plan.is_calm) this.#beginFaults()
    else {
      bitcoin.faults = calmBitcoin(this.#plan.bitcoin, this.#plan.timing.heartbeat_ms)
      network.faults = calmNetwork(this.#plan.network)
    }
    for (const member of members.values()) world.after(random.int(0, 2_000), () => member.start())
    world.after(1_000, () => owner.enrol())
    bitcoin.onBlock = () => this.#onBlock()
    bitcoin.start()
    if (this.#plan.strikes_early) world.after(random.int(1_000, 20_000), () => this.#strike())
    else this.#waitForEnrolment()
  }

  #beginFaults(): void {
    const { bitcoin, network, faults } = this.#modules
    bitcoin.faults = this.#plan.bitcoin
    network.faults = this.#plan.network
    faults.begin()
  }

  #waitForEnrolment(): void {
    const { world, random, owner, wanted, guard: { members }, renew, succession } = this.#modules
    world.after(POLL_MS, () => {
      // An owner in a hurry is told so, and the operators, too.
      const enough = this.#plan.is_calm ? members.size : wanted
      if (owner.active.size < enough && world.now_ms < LONGEST_ENROLMENT_MS) {
        this.#waitForEnrolment()
        return
      }
      if (!this.#plan.has_faults_from_start) this.#beginFaults()
      const { block_ms } = this.#plan.bitcoin
      if (this.#plan.has_second_generation) renew()
      succession?.onEnrolled()
      // The next generation has time to become active, for in an incident it does not.
      const peace_ms = this.#plan.swarm['late-cancels'] ? PEACE_BLOCKS * block_ms : 0
      world.after(peace_ms + random.int(0, block_ms * 4), () => this.#strikeInTime())
    })
  }

  #strikeInTime(): void {
    const { world, succession } = this.#modules
    if (succession?.isAwaited) world.after(POLL_MS, () => this.#strikeInTime())
    else this.#strike()
  }

  #strike(): void {
    const { world, random, bitcoin, thief } = this.#modules
    this.#struck_at = bitcoin.tip.ref.height
    this.#struck_ms = world.now_ms
    this.#modules.succession?.onStruck()
    strike(this.#plan, { world, random, thief, besiege: () => this.#besiege() })
  }

  #besiege(): void {
    if (!this.#is_healed) this.#modules.faults.besiege(this.#plan.siege, this.#modules.guard.size)
  }

  #onBlock(): void {
    const { thief, bitcoin } = this.#modules
    thief.onBlock()
    const { height } = bitcoin.tip.ref
    if (this.#struck_at === null) return
    if (this.#ends_at !== null) {
      if (height >= this.#ends_at) this.#end()
      return
    }
    const blocks = height - this.#struck_at
    const spent = thief.confirmed
    if (spent?.tx.purpose === 'unvault') this.#onUnvaulted(spent, height)
    else if (spent) this.#endAt(height + AFTERMATH, `${spent.tx.purpose} instead of U`)
    else if (this.#isLongEnough(blocks)) this.#onNothing(height)
  }

  #isLongEnough(blocks: number): boolean {
    const { vigil_periods, is_calm, timing: { heartbeat_ms } } = this.#plan
    if (vigil_periods !== null) return this.#modules.world.now_ms > this.#struck_ms + vigil_periods * heartbeat_ms
    return blocks > (is_calm ? CALM_BLOCKS : PATIENCE)
  }

  /** The deposit is still unspent, long after the thief struck. */
  #onNothing(height: number): void {
    const { story } = this.#plan
    if (story === 'theft' || story === 'cold-theft') this.#modules.thief.insist()
    else this.#endAt(height, story)
  }

  /** U is in the best chain: heals when the window is nearly over, or nothing is left to decide, and waits for the end. */
  #onUnvaulted({ tx, height: confirmed }: { readonly tx: SimTx; readonly height: number }, height: number): void {
    const { bitcoin, deal, faults } = this.#modules
    const { csv } = deal.plan
    if (!this.#is_healed) faults.onTheftDepth(height - confirmed)
    const isNearEnd = confirmed + csv - height <= healsAt(csv, this.#plan.is_dear)
    // No reorganisation reaches it any more, and there was time for some that do not.
    const isDecided = outcomeDepth(bitcoin, deal) > LONGEST_REORG + FURTHER_BLOCKS
    if (!this.#is_healed && (isNearEnd || isDecided)) {
      this.#is_healed = true
      this.#healed_at = height
      this.#heal(tx)
    }
    const outcome = outcomeOf(bitcoin, deal)
    // Before the world is healed a reorg may still undo it.
    if (!this.#is_healed && outcome !== 'lost') return
    if (outcome === 'lost' && this.#core !== null && !bitcoin.is_junk_joined) {
      this.#guard.judge.fail(L1, `the coin was lost although ${this.#core.join()} were well`)
    }
    if (outcome === 'recovered' && this.#plan.goes_on_until_settled && this.#core !== null) {
      bitcoin.faults = { ...bitcoin.faults, block_ms: 10_000 }
      this.#endAt(height + SETTLED + (this.#plan.swarm.destructions ? TIME_TO_DESTROY : 0), 'recovered and settled')
    } else if (outcome !== null) this.#endAt(height + AFTERMATH, outcome)
    // Nobody need recover it then, and a thief whom nobody mines does not get it either.
    else if (this.#core === null && height > confirmed + csv + PATIENCE) this.#endAt(height + AFTERMATH, 'undecided')
  }

  /** Of one epoch, where it can be asked for a recovery. */
  #heal(unvault: SimTx): void {
    const { bitcoin, random, faults, guard, succession, say } = this.#modules
    const first = this.#plan.is_overrun ? [] : [guard]
    const guards = [...first, ...(succession?.guards() ?? [])].filter((each) => !bitcoin.is_junk_joined && isFit(each, unvault, faults))
    const [asked] = guards.length > 1 ? random.sample(guards, 1) : guards
    if (asked) {
      this.#guard = asked
      this.#core = heal(asked, { random, heartbeat_ms: this.#plan.timing.heartbeat_ms, bitcoin, faults })
    }
    say(this.#core === null ? 'no core is demanded' : `healed core ${this.#core.join()}${asked === guard ? '' : ' of the next epoch'}`)
  }

  get #coreMembers(): SimMember[] {
    return (this.#core ?? []).flatMap((index) => this.#guard.members.get(index) ?? [])
  }

  /** Which generation counts, the core knows alike once it has told itself everything. */
  #checkGenerations(height: number): void {
    const { guard, next } = this.#modules
    const deal = next()
    // The next epoch knows nothing of it.
    if (deal === null || this.#guard !== guard || height < this.#healed_at + timeToAgree(deal.plan)) return
    demandAgreement(guard, this.#coreMembers, deal)
  }

  #endAt(height: number, ending: string): void {
    const { swarm, deal } = this.#plan
    // Until a core has come to one end.
    this.#ends_at = height + (swarm['late-cancels'] && this.#core !== null ? timeToAgree(deal) : 0)
    this.#ending = ending
  }

  #end(): void {
    const { deal, world, bitcoin } = this.#modules
    if (bitcoin.tip.ref.height >= this.#healed_at + TIME_TO_TELL) demandOrders(this.#guard, this.#coreMembers, world.now_ms)
    this.#checkGenerations(bitcoin.tip.ref.height)
    if (this.#ending !== 'recovered and settled') {
      this.#is_over = true
      return
    }
    // Time for the last block to be told.
    world.after(POLL_MS * 6, () => {
      this.#is_over = true
      demandEnd(this.#guard, this.#coreMembers, deal.manifest.vault_id)
    })
  }
}
