/** P8: the reaction of a federation, beside the limit that these five bitcoinds set. */
import { type Row, peerOf, timeRow } from '../output/row.ts'
import { type Reaction, react, reactBare } from './measure.ts'
import { type Measured, type ReactionInit, SeriesRunner } from './series.ts'
import type { Stage } from './stage.ts'
import { type Step, STEPS, stepsOf } from './story.ts'
import { type Mode, MODES, makeTheft } from './thefts.ts'
import { type PreparedVault, enrolAll, prepareVaults } from './vaults.ts'

export const WARM_UP = 5
/** Enough for the median of what does next to nothing. */
export const MAX_LIMIT_SAMPLES = 20
/** Takes seconds each. */
const MAX_RELAY_SAMPLES = 5
/** Much longer than any reaction on the busiest machine: beyond it nobody answers. */
export const ANSWER_LIMIT_MS = 30_000
const RELAY_LIMIT_MS = 120_000

interface Prepared {
  readonly limits: ReadonlyMap<Mode, readonly PreparedVault[]>
  readonly modes: ReadonlyMap<Mode, readonly PreparedVault[]>
  readonly relay: readonly PreparedVault[]
}

export class FiveNodes {
  readonly rows: Row[] = []
  readonly #stage: Stage
  readonly #init: ReactionInit
  readonly #runner: SeriesRunner
  #prepared: Prepared = { limits: new Map(), modes: new Map(), relay: [] }

  constructor(stage: Stage, init: ReactionInit) {
    this.#stage = stage
    this.#init = init
    this.#runner = new SeriesRunner(stage, init)
  }

  get wrong(): readonly string[] {
    return this.#runner.wrong
  }

  /** Before anything is buried: each block pays less than the last. */
  async prepare(): Promise<void> {
    const { samples } = this.#init
    const limits = new Map<Mode, PreparedVault[]>()
    const modes = new Map<Mode, PreparedVault[]>()
    for (const mode of MODES) {
      limits.set(mode, await this.#prepare(`limit-${mode}`, mode, Math.min(samples, MAX_LIMIT_SAMPLES) + WARM_UP))
      modes.set(mode, await this.#prepare(mode, mode, samples + WARM_UP))
    }
    this.#prepared = { limits, modes, relay: await this.#prepare('natural-relay', 'mempool', Math.min(samples, MAX_RELAY_SAMPLES)) }
  }

  async #prepare(name: string, mode: Mode, count: number): Promise<PreparedVault[]> {
    this.#init.progress(`${name}: making ${count} vaults`)
    return await prepareVaults(this.#stage.cluster.regtest, name, mode === 'mempool' ? 'mempool' : 'confirmation', count)
  }

  async measure(): Promise<void> {
    for (const mode of MODES) {
      const limit = await this.#measureLimit(mode)
      await this.#measureMode(mode, limit)
      if (limit !== null) this.rows.push(limit)
    }
    await this.#measureRelay()
  }

  /** Vaults that no member knows, answered by the bench itself. */
  async #measureLimit(mode: Mode): Promise<Row | null> {
    const name = `limit/${mode}`
    const vaults = this.#prepared.limits.get(mode) ?? []
    return rowOf(name, await this.#runner.run({
      name, vaults, isEnrolled: false, warmUp: WARM_UP,
      react: async (vault) => {
        const theft = await makeTheft(mode, vault, this.#stage.miner)
        return await reactBare(this.#stage.witness, this.#nodes, theft, ANSWER_LIMIT_MS)
      },
    }))
  }

  async #measureMode(mode: Mode, limit: Row | null): Promise<void> {
    const vaults = this.#prepared.modes.get(mode) ?? []
    await enrolAll(this.#stage, vaults, this.#init)
    const measured = await this.#runner.run({
      name: mode, vaults, isEnrolled: true, warmUp: WARM_UP,
      react: async (vault) => await this.#reactTo(mode, vault, this.#nodes.length, ANSWER_LIMIT_MS),
    })
    const row = rowOf(mode, measured, limit)
    if (row === null) return
    this.rows.push(row, ...stepRows(mode, measured.flatMap((one) => this.#stepsOf(one) ?? [])))
  }

  /** The trigger given to one bitcoind only, as in life: the others hear of it when bitcoind sees fit. */
  async #measureRelay(): Promise<void> {
    const name = 'natural-relay'
    const vaults = this.#prepared.relay
    await enrolAll(this.#stage, vaults, this.#init)
    const row = rowOf(name, await this.#runner.run({
      name, vaults, isEnrolled: true, warmUp: 0,
      react: async (vault) => await this.#reactTo('mempool', vault, 1, RELAY_LIMIT_MS),
    }))
    if (row !== null) this.rows.push(row)
  }

  async #reactTo(mode: Mode, vault: PreparedVault, given: number, limit_ms: number): Promise<Reaction> {
    const theft = await makeTheft(mode, vault, this.#stage.miner)
    return await react(this.#stage.witness, this.#nodes.slice(0, given), theft, limit_ms)
  }

  #stepsOf({ reaction, lines }: Measured): Record<Step, number> | null {
    const { thresholds } = this.#stage.cluster.federation
    const action = reaction.theft.kind === 'theft' ? 'clawback' : 'emergency'
    return stepsOf(lines, this.#stage.incidentOf(reaction.theft), reaction, thresholds[action])
  }

  get #nodes() {
    return this.#stage.cluster.regtest.nodes
  }
}

function stepRows(mode: Mode, steps: readonly Record<Step, number>[]): Row[] {
  return steps.length === 0 ? [] : STEPS.map((step) => timeRow(`${mode}/${step}`, steps.map((one) => one[step])))
}

/** null where nothing was answered, which was told: a row of nothing would say nothing. */
export function rowOf(name: string, measured: readonly Measured[], limit: Row | null = null): Row | null {
  if (measured.length === 0) return null
  return timeRow(name, measured.map(({ reaction }) => reaction.took_ms), limit && peerOf(limit))
}
