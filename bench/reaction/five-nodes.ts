/** P8: the reaction of a federation, beside the limit that these five bitcoinds set. */
import { VOTE_RENEWAL } from '../../packages/protocol/src/index.ts'
import { type Row, peerOf, timeRow } from '../output/row.ts'
import { type Reaction, Unanswered, react, reactBare } from './measure.ts'
import type { Stage } from './stage.ts'
import { type Step, STEPS, StoryReader, stepsOf } from './story.ts'
import { type Mode, MODES, makeTheft } from './thefts.ts'
import { type PreparedVault, enrolEverywhere, prepareVaults } from './vaults.ts'

export interface FiveNodesInit {
  readonly samples: number
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

/** Run first and not counted: code that has never run is slow. */
const WARM_UP = 5
/** For the limit, and for natural relay, which takes seconds each. */
const MAX_LIMIT_SAMPLES = 20
const MAX_RELAY_SAMPLES = 5
/** Incidents between two burials: fewer than the blocks after which members renew their votes on those before. */
const GROUP = VOTE_RENEWAL - 1
/** Much longer than any reaction on the busiest machine: beyond it nobody answers. */
const ANSWER_LIMIT_MS = 30_000
const RELAY_LIMIT_MS = 120_000
const ENROLLED_BETWEEN_LINES = 20

/** One row's measurement. */
interface Series {
  readonly name: string
  readonly mode: Mode
  readonly vaults: readonly PreparedVault[]
  readonly react: (vault: PreparedVault) => Promise<Reaction>
  readonly isEnrolled: boolean
  /** The first so many are not counted. */
  readonly warmUp: number
}

interface Measured {
  readonly reactions: readonly Reaction[]
  /** Of the same incidents, as far as the logs told. */
  readonly steps: readonly Record<Step, number>[]
}

export class FiveNodes {
  readonly rows: Row[] = []
  readonly wrong: string[] = []
  readonly #stage: Stage
  readonly #init: FiveNodesInit
  readonly #stories: StoryReader

  constructor(stage: Stage, init: FiveNodesInit) {
    this.#stage = stage
    this.#init = init
    this.#stories = new StoryReader(stage.cluster.members)
  }

  async measure(): Promise<void> {
    const { samples } = this.#init
    const limits = Math.min(samples, MAX_LIMIT_SAMPLES) + WARM_UP
    const relays = Math.min(samples, MAX_RELAY_SAMPLES)
    // Before any burial: blocks pay ever less.
    const prepared = await Promise.all(MODES.map(async (mode) => ({
      mode,
      unguarded: await this.#prepare(`limit/${mode}`, mode, limits),
      guarded: await this.#prepare(mode, mode, samples + WARM_UP),
    })))
    const relayed = await this.#prepare('natural-relay', 'mempool', relays)
    for (const { mode, unguarded, guarded } of prepared) {
      const limit = await this.#measureLimit(mode, unguarded)
      await this.#measureMode(mode, guarded, limit)
      this.rows.push(limit)
    }
    await this.#measureRelay(relayed)
  }

  async #measureMode(mode: Mode, vaults: readonly PreparedVault[], limit: Row): Promise<void> {
    await this.#enrol(mode, vaults)
    const { reactions, steps } = await this.#run({
      name: mode, mode, vaults, isEnrolled: true, warmUp: WARM_UP,
      react: async (vault) => await this.#reactTo(mode, vault, this.#nodes.length, ANSWER_LIMIT_MS),
    })
    this.#push(mode, reactions, limit)
    if (steps.length > 0) this.rows.push(...STEPS.map((step) => timeRow(`${mode}/${step}`, steps.map((one) => one[step]))))
  }

  /** Vaults that no member knows, answered by the bench itself. */
  async #measureLimit(mode: Mode, vaults: readonly PreparedVault[]): Promise<Row> {
    const name = `limit/${mode}`
    const { reactions } = await this.#run({
      name, mode, vaults, isEnrolled: false, warmUp: WARM_UP,
      react: async (vault) => {
        const theft = await makeTheft(mode, vault, this.#stage.miner)
        return await reactBare(this.#stage.witness, this.#nodes, theft, ANSWER_LIMIT_MS)
      },
    })
    return timeRow(name, reactions.map(({ took_ms }) => took_ms))
  }

  /** The trigger given to one bitcoind only, as in life: the others hear of it when bitcoind sees fit. */
  async #measureRelay(vaults: readonly PreparedVault[]): Promise<void> {
    const name = 'natural-relay'
    await this.#enrol(name, vaults)
    const { reactions } = await this.#run({
      name, mode: 'mempool', vaults, isEnrolled: true, warmUp: 0,
      react: async (vault) => await this.#reactTo('mempool', vault, 1, RELAY_LIMIT_MS),
    })
    this.#push(name, reactions, null)
  }

  /** One after the other, each when the one before is over. */
  async #run(series: Series): Promise<Measured> {
    const reactions: Reaction[] = []
    const steps: Record<Step, number>[] = []
    for (let at = 0; at < series.vaults.length; at += GROUP) {
      const answered: Reaction[] = []
      for (const [place, vault] of series.vaults.slice(at, at + GROUP).entries()) {
        const reaction = await this.#one(series, vault)
        if (reaction === null) continue
        answered.push(reaction)
        if (at + place < series.warmUp) continue
        reactions.push(reaction)
        if (series.isEnrolled) steps.push(...await this.#stepsOf(reaction))
      }
      await this.#bury(series, answered)
      const last = reactions.at(-1)?.took_ms
      this.#init.progress(`${series.name}: ${Math.min(at + GROUP, series.vaults.length)} of ${series.vaults.length}${last === undefined ? '' : `, the last in ${last.toFixed(1)} ms`}`)
    }
    return { reactions, steps }
  }

  async #one({ react }: Series, vault: PreparedVault): Promise<Reaction | null> {
    this.#init.signal.throwIfAborted()
    await this.#stage.quiet()
    // What was logged before is not part of this.
    await this.#stories.lines()
    try {
      const reaction = await react(vault)
      this.#check(reaction)
      await this.#stage.quiet()
      return reaction
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      this.wrong.push(error.message)
      return null
    }
  }

  async #reactTo(mode: Mode, vault: PreparedVault, given: number, limit_ms: number): Promise<Reaction> {
    const theft = await makeTheft(mode, vault, this.#stage.miner)
    return await react(this.#stage.witness, this.#nodes.slice(0, given), theft, limit_ms)
  }

  async #bury({ isEnrolled }: Series, answered: readonly Reaction[]): Promise<void> {
    await this.#stage.bury(answered)
    if (isEnrolled) await this.#stage.settled(answered.map(({ theft }) => theft))
  }

  #check({ theft, foreign, took_ms }: Reaction): void {
    if (foreign.length > 0) this.wrong.push(`${theft.vault.name}: bitcoinds accepted ${foreign.join(', ')}, which nobody should have sent`)
    if (took_ms < 0) this.wrong.push(`${theft.vault.name}: answered before it was taken`)
  }

  async #stepsOf(reaction: Reaction): Promise<Record<Step, number>[]> {
    const action = reaction.theft.kind === 'theft' ? 'clawback' : 'emergency'
    const thresholds = this.#stage.cluster.federation.thresholds[action]
    const steps = stepsOf(await this.#stories.lines(), this.#stage.incidentOf(reaction.theft), reaction, thresholds)
    return steps === null ? [] : [steps]
  }

  #push(name: string, reactions: readonly Reaction[], limit: Row | null): void {
    // Nothing was answered, which was told: a row of nothing would say nothing.
    if (reactions.length === 0) return
    this.rows.push(timeRow(name, reactions.map(({ took_ms }) => took_ms), limit && peerOf(limit)))
  }

  async #prepare(name: string, mode: Mode, count: number): Promise<PreparedVault[]> {
    this.#init.progress(`${name}: making ${count} vaults`)
    const { regtest } = this.#stage.cluster
    return await prepareVaults(regtest, name.replace('/', '-'), mode === 'mempool' ? 'mempool' : 'confirmation', count)
  }

  async #enrol(name: string, vaults: readonly PreparedVault[]): Promise<void> {
    const { cluster, link } = this.#stage
    for (const [at, vault] of vaults.entries()) {
      if (at % ENROLLED_BETWEEN_LINES === 0) this.#init.progress(`${name}: ${at} of ${vaults.length} vaults enrolled`)
      await enrolEverywhere(link, cluster.owner, vault, this.#init.signal)
    }
  }

  get #nodes() {
    return this.#stage.cluster.regtest.nodes
  }
}
