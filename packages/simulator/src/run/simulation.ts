/** One seed: builds the world, lets it run to its end, and says what came of it. */
import { READING, type Reading } from '@belfry/protocol'
import { type MemberIndex, type Outpoint, type Txid, outpointOf, toHex } from '@belfry/protocol/primitives'
import { Corrupted } from '../adversary/index.ts'
import { BitcoinNetwork, makeTx } from '../chain/index.ts'
import { type CryptoSuite, type KeyPair, fakeSuite, portsOf, realSuite } from '../crypto/index.ts'
import { type Deal, type DealPlan, Owner, type SimFederation, buildFederation, deal } from '../federation/index.ts'
import type { Violation } from '../invariants/index.ts'
import { type Probe, type SimMember, sharedReading } from '../member/index.ts'
import { SimNetwork } from '../network/index.ts'
import type { PlantedBug } from '../planted/index.ts'
import { Vaults } from '../shell/index.ts'
import { Random, World } from '../world/index.ts'
import { Faults } from './faults.ts'
import { Judge, combine } from './judge.ts'
import { L1 } from './liveness.ts'
import { MemberMaker } from './member-maker.ts'
import { Orders } from './orders.ts'
import { type Plan, drawPlan, marketLimit } from './plan.ts'
import type { FaultClass } from './swarm.ts'
import { Statistics } from './statistics.ts'
import { StoryTeller } from './story.ts'
import { Thief } from './thief.ts'
import { Trace } from './trace.ts'

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

export interface Report {
  readonly seed: number
  /** Everything that happened in the world. */
  readonly events: number
  /** Of these, inputs to a core. */
  readonly steps: number
  /** The same for two runs of one seed. */
  readonly digest: string
  readonly coverage: ReadonlyMap<string, number>
  readonly violation: Violation | null
  readonly ending: string
}

/** Far more than any plan needs: a world that comes to no end is a bug. */
const MAX_EVENTS = 3_000_000
const ENDLESS = { name: 'end', sentence: 'every run comes to an end' }
const UNSETTLED = { name: 'settled', sentence: 'a recovery 100 deep settles its incident at every member of the core' }
const ORDERS = {
  name: 'orders',
  sentence: 'what an owner orders for good, and b+1 members of a core that is well took in time, every member of the core takes',
}
const OWNER_PEER = 'simulated-owner'
const FIRST_HEIGHT = 200

export function simulate(options: SimulationOptions): Report {
  return new Simulation(options).run()
}

class Simulation {
  readonly #plan: Plan
  readonly #planted: PlantedBug | null
  readonly #world = new World()
  readonly #vaults = new Vaults()
  readonly #statistics: Statistics
  readonly #trace: Trace | null
  readonly #reading: Reading
  readonly #suite: CryptoSuite
  readonly #built: SimFederation
  readonly #owner: KeyPair
  readonly #bitcoin: BitcoinNetwork
  readonly #network: SimNetwork
  readonly #members = new Map<MemberIndex, SimMember>()
  readonly #clients: Owner[] = []
  readonly #faults: Faults
  readonly #judge: Judge
  readonly #story: StoryTeller
  readonly #orders: Orders

  constructor(options: SimulationOptions) {
    const { seed, members, planted, without, muted, calm_from_ms = Number.POSITIVE_INFINITY, trace, reads_alone = false } = options
    const plan = mute(drawPlan(seed, members, without), muted)
    const world = this.#world
    this.#plan = plan
    this.#planted = planted ?? null
    this.#reading = reads_alone ? READING : sharedReading()
    this.#statistics = new Statistics(this.#reading)
    this.#trace = trace ? new Trace({ world, write: trace }) : null
    const suite = plan.has_real_crypto ? realSuite() : fakeSuite()
    this.#suite = planted?.suite?.(suite) ?? suite
    const random = this.#random('federation')
    this.#built = buildFederation(plan, { suite: this.#suite, random })
    this.#owner = this.#suite.newKey(random)
    this.#network = new SimNetwork({ faults: plan.network }, { world, random: this.#random('network') })
    this.#bitcoin = new BitcoinNetwork(
      {
        faults: plan.bitcoin,
        members: plan.members,
        height: FIRST_HEIGHT,
        market: plan.market,
        market_limit: marketLimit(plan),
      },
      { world, random: this.#random('bitcoin'), hasher: this.#suite },
    )
    this.#judge = this.#newJudge()
    this.#addMembers()
    this.#faults = new Faults(plan.swarm, {
      world,
      stream: (name) => this.#random(`faults: ${name}`),
      network: this.#network,
      bitcoin: this.#bitcoin,
      members: [...this.#members.values()],
      say: (what, member) => this.#trace?.say(what, member),
      calm_from_ms,
    })
    this.#corrupt()
    this.#story = this.#newStory()
    this.#orders = this.#newOrders()
  }

  run(): Report {
    this.#story.begin()
    this.#orders.begin()
    while (this.#judge.violation === null && !this.#story.is_over && this.#world.next()) {
      if (this.#world.events > MAX_EVENTS) this.#judge.fail(ENDLESS, `${MAX_EVENTS} events, and no end`)
    }
    if (this.#judge.violation === null) this.#judge.end()
    const { violation } = this.#judge
    if (violation) this.#trace?.say(`${violation.invariant} does not hold: ${violation.detail}`, violation.member ?? undefined)
    const { events } = this.#world
    const { steps, digest, coverage } = this.#statistics
    return { seed: this.#plan.seed, events, steps, digest, coverage, violation, ending: this.#story.ending }
  }

  #random(stream: string): Random {
    return new Random(this.#plan.seed, stream)
  }

  #newJudge(): Judge {
    const { federation, keys } = this.#built
    const [any] = keys.values()
    if (any === undefined) throw new RangeError('a federation has members')
    return new Judge({
      world: this.#world,
      federation,
      vaults: this.#vaults,
      ports: portsOf(this.#suite, any.node),
      reading: this.#reading,
      members: this.#members,
      isHonest: (member) => !this.#plan.corrupted.has(member),
      is_calm: this.#plan.is_calm,
      isConnected: (a, b) => this.#network.isConnected(a, b),
    })
  }

  #addMembers(): void {
    const probe = combine([...(this.#trace ? [this.#trace] : []), this.#statistics, ...this.#judge.watchers])
    const maker = new MemberMaker({
      plan: this.#plan,
      planted: this.#planted,
      world: this.#world,
      suite: this.#suite,
      built: this.#built,
      owner: { peer_id: OWNER_PEER, root: this.#owner.public },
      network: this.#network,
      bitcoin: this.#bitcoin,
      vaults: this.#vaults,
      reading: this.#reading,
      probe: { ...probe, onFatal: (member, error) => this.#onFatal(member, error, probe) },
      onReply: (from, request_id, bytes) => {
        for (const client of this.#clients) client.onReply(from, request_id, bytes)
      },
    })
    for (const { index } of this.#built.federation.members) {
      const member = maker.make(index)
      this.#members.set(index, member)
      this.#network.join(member)
    }
  }

  /** A disk that fails ends the process, which somebody starts again; anything else is a bug. */
  #onFatal(member: SimMember, error: Parameters<Required<Probe>['onFatal']>[1], probe: Required<Probe>): void {
    if (error.code !== 'disk-failed') {
      probe.onFatal(member, error)
      return
    }
    this.#trace?.say('its disk failed', member.index)
    this.#world.after(0, () => {
      member.crash()
      this.#faults.restartLater(member)
    })
  }

  #corrupt(): void {
    for (const [index, strategies] of this.#plan.corrupted) {
      const member = this.#members.get(index)
      if (!member) continue
      const corrupted = new Corrupted(strategies, {
        world: this.#world,
        member,
        federation: this.#built.federation,
        network: this.#network,
        vaults: this.#vaults,
        bitcoin: this.#bitcoin,
        random: this.#random(`adversary ${index}`),
        hasher: this.#suite,
      })
      member.behaviour = corrupted
      corrupted.begin()
      this.#trace?.say(`corrupted: ${strategies.map(({ name }) => name).join()}`, index)
    }
  }

  #newStory(): StoryTeller {
    const { federation } = this.#built
    const { clawback } = federation.thresholds
    const random = this.#random('story')
    const deposit = this.#makeDeposit(random)
    const first = this.#deal(this.#plan.deal, deposit, random)
    const say = (what: string): void => this.#trace?.say(what)
    say(describePlan(this.#plan, clawback))
    return new StoryTeller(this.#plan, {
      world: this.#world,
      random,
      network: this.#network,
      bitcoin: this.#bitcoin,
      members: this.#members,
      faults: this.#faults,
      thief: new Thief(first, { bitcoin: this.#bitcoin, vaults: this.#vaults, random, hasher: this.#suite, say }),
      deal: first,
      owner: this.#newClient(first, random),
      renew: () => {
        const unvaults_of_generation = this.#plan.renews_unvaults ? 2 : 1
        const plan = { ...this.#plan.deal, generation: 2, previous: first.hash, unvaults_of_generation }
        this.#newClient(this.#deal(plan, deposit, random), random).enrol()
      },
      b: federation.b,
      core_size: Math.max(clawback.q, clawback.t),
      wanted: clawback.protected,
      say,
      onLost: (core) => this.#judge.fail(L1, `the coin was lost although ${core.join()} were well`),
      onUntaken: (member, order) => this.#judge.fail(ORDERS, `the ${order} that others took in time is not taken`, member),
      onUnsettled: (member) => this.#judge.fail(UNSETTLED, 'the incident is open still', member),
    })
  }

  #newOrders(): Orders {
    const [first] = this.#vaults.deals
    if (!first) throw new RangeError('the story deals before the owner orders')
    return new Orders(this.#plan.swarm, {
      world: this.#world,
      random: this.#random('the owner orders'),
      bitcoin: this.#bitcoin,
      hasher: this.#suite,
      owner: this.#owner,
      members: this.#members,
      lock_hash: this.#built.federation.lock_hash,
      vault_id: first.manifest.vault_id,
      signedManifests: () => this.#vaults.deals.map(({ hash, signed }) => ({ hash, signatures: signed.signatures })),
      enrolRequest: (member, request_id, bytes) => member.onRequest(request_id, OWNER_PEER, 'enrol', bytes),
      nextManifest: () => this.#vaults.deals[1]?.hash ?? null,
      request: (member, request_id, bytes) => member.onRequest(request_id, OWNER_PEER, 'command', bytes),
      say: (what) => this.#trace?.say(what),
    })
  }

  #makeDeposit(random: Random): Outpoint {
    const base = outpointOf(toHex(random.bytes(32)) as Txid, 0)
    const tx = makeTx(this.#suite, { purpose: 'deposit', label: 'deposit', spends: base, feerate: 10_000, vsize: 200 })
    this.#vaults.addTx(tx)
    this.#bitcoin.found([tx])
    return tx.output
  }

  #deal(plan: DealPlan, deposit: Outpoint, random: Random): Deal {
    const made = deal(plan, deposit, { federation: this.#built.federation, hasher: this.#suite, random, owner: this.#owner })
    this.#vaults.add(made)
    return made
  }

  #newClient(made: Deal, random: Random): Owner {
    const members = this.#built.federation.members.map(({ index }) => index)
    const client = new Owner(
      { deal: made, wanted: this.#built.federation.thresholds.clawback.protected, first_request: this.#clients.length * 1_000_000 },
      {
        world: this.#world,
        random,
        members,
        request: (member, request_id, bytes) => this.#members.get(member)?.onRequest(request_id, OWNER_PEER, 'enrol', bytes),
      },
    )
    this.#clients.push(client)
    return client
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
