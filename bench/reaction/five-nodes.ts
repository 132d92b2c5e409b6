/** P8: the reaction of a federation, beside the limit that these five bitcoinds set. */
import { type Row, peerOf, timeRow } from '../output/row.ts'
import { type Reaction, react, reactBare } from './measure.ts'
import { type Stage } from './stage.ts'
import { type Step, STEPS, StoryReader, stepsOf } from './story.ts'
import { type Mode, type Theft, MODES, bury, makeTheft } from './thefts.ts'
import { type PreparedVault, enrolEverywhere, prepareVaults } from './vaults.ts'

export interface FiveNodesInit {
  readonly samples: number
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export interface FiveNodesResult {
  readonly rows: readonly Row[]
  readonly wrong: readonly string[]
}

/** Run first and not counted: code that has never run is slow. */
const WARM_UP = 5
/** For the limit and for natural relay, which takes seconds each. */
const MAX_LIMIT_SAMPLES = 20
const MAX_RELAY_SAMPLES = 8
/** Much longer than any reaction on the busiest machine: beyond it nobody answers. */
const ANSWER_LIMIT_MS = 30_000
const RELAY_LIMIT_MS = 120_000
const PROGRESS_EVERY = 10

export async function fiveNodes(stage: Stage, init: FiveNodesInit): Promise<FiveNodesResult> {
  const bench = new FiveNodes(stage, init)
  for (const mode of MODES) await bench.measure(mode)
  await bench.measureRelay()
  return { rows: bench.rows, wrong: bench.wrong }
}

class FiveNodes {
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

  async measure(mode: Mode): Promise<void> {
    const limit = timeRow(`limit/${mode}`, (await this.#bareReactions(mode)).map(({ took_ms }) => took_ms))
    const spans: Record<Step, number>[] = []
    const vaults = await this.#enrolled(mode, this.#init.samples + WARM_UP)
    const reactions = await this.#each(mode, vaults, async (vault) => {
      const reaction = await this.#incident(await makeTheft(mode, vault, this.#stage.miner))
      const steps = await this.#steps(reaction)
      if (steps !== null) spans.push(steps)
      return reaction
    })
    this.rows.push(timeRow(mode, reactions.map(({ took_ms }) => took_ms), peerOf(limit)))
    const counted = spans.slice(-reactions.length)
    if (counted.length > 0) this.rows.push(...STEPS.map((step) => timeRow(`${mode}/${step}`, counted.map((one) => one[step]))))
    this.rows.push(limit)
  }

  /** The trigger given to one bitcoind only, as in life: the others hear of it when bitcoind sees fit. */
  async measureRelay(): Promise<void> {
    const samples = Math.min(this.#init.samples, MAX_RELAY_SAMPLES)
    const vaults = await this.#enrolled('mempool', samples, 'relay')
    const reactions = await this.#each('natural-relay', vaults, async (vault) =>
      this.#incident(await makeTheft('mempool', vault, this.#stage.miner), RELAY_LIMIT_MS, 1), 0)
    this.rows.push(timeRow('natural-relay', reactions.map(({ took_ms }) => took_ms)))
  }

  async #enrolled(mode: Mode, count: number, name: string = mode): Promise<PreparedVault[]> {
    const { progress, signal } = this.#init
    const { cluster, link } = this.#stage
    progress(`${name}: making ${count} vaults`)
    const vaults = await prepareVaults(cluster.regtest, name, mode === 'mempool' ? 'mempool' : 'confirmation', count)
    for (const [at, vault] of vaults.entries()) {
      await enrolEverywhere(link, cluster.owner, vault, signal)
      if ((at + 1) % PROGRESS_EVERY === 0) progress(`${name}: ${at + 1} of ${count} vaults enrolled`)
    }
    return vaults
  }

  async #incident(theft: Theft, limit_ms = ANSWER_LIMIT_MS, given = this.#stage.cluster.regtest.nodes.length): Promise<Reaction> {
    const { witness, cluster } = this.#stage
    const reaction = await react(witness, cluster.regtest.nodes.slice(0, given), theft, limit_ms)
    this.#check(reaction)
    await this.#stage.settle(theft, reaction.answer)
    return reaction
  }

  /** Vaults that no member knows, answered by the bench itself. */
  async #bareReactions(mode: Mode): Promise<Reaction[]> {
    const { cluster: { regtest }, witness, miner } = this.#stage
    const count = Math.min(this.#init.samples, MAX_LIMIT_SAMPLES) + WARM_UP
    const vaults = await prepareVaults(regtest, `limit-${mode}`, 'mempool', count)
    return await this.#each(`limit/${mode}`, vaults, async (vault) => {
      const theft = await makeTheft(mode, vault, miner)
      const reaction = await reactBare(witness, regtest.nodes, theft, ANSWER_LIMIT_MS)
      this.#check(reaction)
      await bury(regtest, theft, reaction.answer, miner)
      await this.#stage.quiet()
      return reaction
    })
  }

  /** One after the other. Gives back what is counted. */
  async #each(name: string, vaults: readonly PreparedVault[], run: (vault: PreparedVault) => Promise<Reaction>, warmUp = WARM_UP): Promise<Reaction[]> {
    const reactions: Reaction[] = []
    for (const vault of vaults) {
      this.#init.signal.throwIfAborted()
      reactions.push(await run(vault))
      if (reactions.length % PROGRESS_EVERY === 0) this.#init.progress(`${name}: ${reactions.length} of ${vaults.length}`)
    }
    return reactions.slice(warmUp)
  }

  #check({ theft, foreign, took_ms }: Reaction): void {
    if (foreign.length > 0) this.wrong.push(`${theft.vault.name}: bitcoinds accepted ${foreign.join(', ')}, which nobody should have sent`)
    if (took_ms < 0) this.wrong.push(`${theft.vault.name}: answered before it was taken`)
  }

  async #steps(reaction: Reaction): Promise<Record<Step, number> | null> {
    const { cluster: { federation } } = this.#stage
    const action = reaction.theft.kind === 'theft' ? 'clawback' : 'emergency'
    const lines = await this.#stories.lines()
    return stepsOf(lines, this.#stage.incidentOf(reaction.theft), reaction, federation.thresholds[action])
  }
}
