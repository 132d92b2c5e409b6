/** One seed: builds the world, lets it run to its end, and says what came of it. */
import { READING } from '@belfry/protocol'
import { type Outpoint, type Txid, outpointOf, toHex } from '@belfry/protocol/primitives'
import { BitcoinNetwork, makeTx } from '../chain/index.ts'
import { type CryptoSuite, type KeyPair, fakeSuite, realSuite } from '../crypto/index.ts'
import { buildFederation } from '../federation/index.ts'
import type { Violation } from '../invariants/index.ts'
import { type Machine, type SimMember, sharedReading } from '../member/index.ts'
import { Wires } from '../network/index.ts'
import type { PlantedBug } from '../planted/index.ts'
import { Random, World } from '../world/index.ts'
import { Adoptions } from './adoptions.ts'
import { type EpochModules, SimEpoch } from './epoch.ts'
import { Faults } from './faults.ts'
import { type OwnersOrders, ordersOf } from './owners-orders.ts'
import { type Plan, drawPlan, marketLimit } from './plan.ts'
import { type Report, seenIn } from './report.ts'
import { StoryTeller } from './story.ts'
import { Succession, changeOf, guardOf } from './succession.ts'
import type { DrawnChange, FaultClass } from './swarm.ts'
import { Thief } from './thief.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly members?: number | undefined
  readonly planted?: PlantedBug | undefined
  /** Classes of faults that do not exist, whatever the seed draws. */
  readonly without?: ReadonlySet<FaultClass> | undefined
  /** Strategies that no liar follows, by name. */
  readonly muted?: ReadonlySet<string> | undefined
  /** From then on nothing new goes wrong by itself. */
  readonly calm_from_ms?: number | undefined
  readonly trace?: ((line: string) => void) | undefined
  /** Each member decodes for itself: slower, and the same run. */
  readonly reads_alone?: boolean | undefined
}

/** Far more than any plan needs: a world that comes to no end is a bug. */
const MAX_EVENTS = 3_000_000
const ENDLESS = { name: 'end', sentence: 'every run comes to an end' }
const FIRST_HEIGHT = 200
const RESTART_MS = 2_000

export function simulate(options: SimulationOptions): Report {
  return new Simulation(options).run()
}

class Simulation {
  readonly #plan: Plan
  readonly #world = new World()
  readonly #suite: CryptoSuite
  readonly #owner: KeyPair
  readonly #bitcoin: BitcoinNetwork
  /** Of every epoch. */
  readonly #common: Omit<EpochModules, 'built' | 'mark' | 'earlier'>
  /** The oldest first. */
  readonly #epochs: [SimEpoch, ...SimEpoch[]]
  readonly #faults: Faults
  readonly #story: StoryTeller
  readonly #orders: OwnersOrders
  /** Null where quarantines last for good. */
  readonly #adoptions: Adoptions | null

  constructor(options: SimulationOptions) {
    const { seed, members, planted, without, muted, calm_from_ms = Number.POSITIVE_INFINITY, trace, reads_alone = false } = options
    const plan = mute(drawPlan(seed, members, without), muted)
    const world = this.#world
    this.#plan = plan
    const suite = plan.has_real_crypto ? realSuite() : fakeSuite()
    this.#suite = planted?.suite?.(suite) ?? suite
    const change = changeOf(plan)
    const random = this.#random('federation')
    const built = buildFederation(plan, { suite: this.#suite, random })
    this.#owner = this.#suite.newKey(random)
    this.#bitcoin = new BitcoinNetwork(
      {
        faults: plan.bitcoin,
        members: plan.members + (change?.joins ? 1 : 0),
        height: FIRST_HEIGHT,
        market: plan.market,
        market_limit: marketLimit(plan),
      },
      { world, random: this.#random('bitcoin'), hasher: this.#suite },
    )
    this.#common = {
      plan,
      planted: planted ?? null,
      world,
      suite: this.#suite,
      reading: reads_alone ? READING : sharedReading(),
      bitcoin: this.#bitcoin,
      wires: new Wires(plan.network),
      owner: this.#owner,
      trace,
      onDiskFailed: (machine) => this.#onDiskFailed(machine),
      onQuarantine: (machine) => this.#adoptions?.onQuarantine(machine),
    }
    const first = new SimEpoch({ ...this.#common, built, mark: '', earlier: [] })
    this.#epochs = [first]
    for (const { index } of built.federation.members) first.seat(index, null)
    this.#faults = new Faults(plan.swarm, {
      world,
      stream: (name) => this.#random(`faults: ${name}`),
      network: first.network,
      bitcoin: this.#bitcoin,
      members: [...first.members.values()],
      say: (what, member) => first.trace?.say(what, member),
      calm_from_ms,
    })
    for (const [index, strategies] of plan.corrupted) {
      const member = first.members.get(index)
      if (member) first.corrupt(member, strategies)
    }
    this.#adoptions = this.#newAdoptions()
    this.#story = this.#newStory(change)
    this.#orders = ordersOf(first, { ...this.#common, random: (stream) => this.#random(stream) })
  }

  run(): Report {
    const [first] = this.#epochs
    this.#story.begin()
    this.#orders.begin()
    while (this.#violation === null && !this.#story.is_over && this.#world.next()) {
      if (this.#world.events > MAX_EVENTS) first.judge.fail(ENDLESS, `${MAX_EVENTS} events, and no end`)
    }
    if (this.#violation === null) for (const { judge } of this.#epochs) judge.end()
    const violation = this.#violation
    if (violation) this.#failed?.trace?.say(`${violation.invariant} does not hold: ${violation.detail}`, violation.member ?? undefined)
    return { ...seenIn(this.#epochs), seed: this.#plan.seed, events: this.#world.events, violation, ending: this.#story.ending }
  }

  get #failed(): SimEpoch | undefined {
    return this.#epochs.find(({ judge }) => judge.violation !== null)
  }

  get #violation(): Violation | null {
    return this.#failed?.judge.violation ?? null
  }

  #random(stream: string): Random {
    return new Random(this.#plan.seed, stream)
  }

  /** Faults know the machines of the first lock; one that joined later just comes back. */
  #onDiskFailed(machine: Machine): void {
    const member = this.#memberAt(machine)
    if (member) this.#faults.restartLater(member)
    else this.#world.after(RESTART_MS, () => machine.seats[0]?.start())
  }

  #memberAt(machine: Machine): SimMember | null {
    const [first] = this.#epochs
    return [...first.members.values()].find((each) => each.machine === machine) ?? null
  }

  #newAdoptions(): Adoptions | null {
    const { adoptions } = this.#plan.swarm
    if (adoptions === null) return null
    return new Adoptions(adoptions, {
      world: this.#world,
      random: this.#random('adoptions'),
      faults: this.#faults,
      memberAt: (machine) => this.#memberAt(machine),
      say: (what, member) => this.#epochs[0].trace?.say(what, member),
    })
  }

  #newSuccession(change: DrawnChange, deposit: Outpoint): Succession {
    const [first] = this.#epochs
    return new Succession(this.#plan, change, {
      world: this.#world,
      random: this.#random('a change of members'),
      suite: this.#suite,
      first,
      faults: this.#faults,
      deposit,
      activeUnvaults: () => (this.#plan.renews_unvaults && (first.clients[1]?.active.size ?? 0) > 0 ? 2 : 1),
      onDealt: (epoch) => {
        if (this.#plan.swarm['next-orders']) ordersOf(epoch, { ...this.#common, random: (stream) => epoch.stream(stream) }).begin()
      },
      open: (built, mark) => {
        const epoch = new SimEpoch({ ...this.#common, built, mark, earlier: [first] })
        this.#epochs.push(epoch)
        return epoch
      },
    })
  }

  #newStory(change: DrawnChange | null): StoryTeller {
    const [epoch] = this.#epochs
    const { federation } = epoch.built
    const { clawback } = federation.thresholds
    const random = this.#random('story')
    const deposit = this.#makeDeposit(random)
    const first = epoch.deal(this.#plan.deal, deposit, random)
    const owner = epoch.newClient(first, random)
    const say = (what: string): void => epoch.trace?.say(what)
    say(describePlan(this.#plan, clawback))
    return new StoryTeller(this.#plan, {
      world: this.#world,
      random,
      network: epoch.network,
      bitcoin: this.#bitcoin,
      faults: this.#faults,
      thief: new Thief(first, { bitcoin: this.#bitcoin, vaults: epoch.vaults, random, hasher: this.#suite, say }),
      deal: first,
      owner,
      guard: guardOf(epoch, owner),
      succession: change && this.#newSuccession(change, deposit),
      renew: () => {
        const unvaults_of_generation = this.#plan.renews_unvaults ? 2 : 1
        const plan = { ...this.#plan.deal, generation: 2, previous: first.hash, unvaults_of_generation }
        epoch.newClient(epoch.deal(plan, deposit, random), random).enrol()
      },
      wanted: clawback.protected,
      say,
      next: () => epoch.vaults.deals[1] ?? null,
    })
  }

  #makeDeposit(random: Random): Outpoint {
    const base = outpointOf(toHex(random.bytes(32)) as Txid, 0)
    const tx = makeTx(this.#suite, { purpose: 'deposit', label: 'deposit', spends: base, feerate: 10_000, vsize: 200 })
    this.#epochs[0].vaults.addTx(tx)
    this.#bitcoin.found([tx])
    return tx.output
  }
}

/** The liars stay: without strategies they run the honest program, and nothing is demanded of them. */
function mute(plan: Plan, muted: ReadonlySet<string> = new Set()): Plan {
  const corrupted = [...plan.corrupted].map(([index, strategies]) => [index, strategies.filter(({ name }) => !muted.has(name))] as const)
  return { ...plan, corrupted: new Map(corrupted) }
}

function describePlan({ members, story, deal: { csv, act_at, means }, is_overrun, is_dear }: Plan, { q, t }: { q: number; t: number }): string {
  return `${story}: ${members} members, q ${q}, t ${t}, window ${csv}, act at ${act_at}${[...means, ...(is_dear ? ['dear'] : []), ...(is_overrun ? ['overrun'] : [])].map((one) => `, ${one}`).join('')}`
}
