/** Incidents one after the other, so that no one's work falls into another's time. */
import { VOTE_RENEWAL } from '../../packages/protocol/src/index.ts'
import { type Reaction, Unanswered } from './measure.ts'
import type { Stage } from './stage.ts'
import { type Line, StoryReader } from './story.ts'
import type { PreparedVault } from './vaults.ts'

export interface ReactionInit {
  /** Incidents counted in each row. */
  readonly samples: number
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export interface Series {
  readonly name: string
  readonly vaults: readonly PreparedVault[]
  /** @throws Unanswered */
  readonly react: (vault: PreparedVault) => Promise<Reaction>
  /** Whether the members know of these vaults. */
  readonly isEnrolled: boolean
  /** The first so many are not counted: code that has never run is slow. */
  readonly warmUp: number
}

export interface Measured {
  readonly reaction: Reaction
  /** What the members logged meanwhile. */
  readonly lines: readonly Line[]
}

/** Incidents between two burials: fewer than the blocks after which members renew their votes on those before. */
const GROUP = VOTE_RENEWAL - 1

export class SeriesRunner {
  /** Sentences: what was not as it must be. */
  readonly wrong: string[] = []
  readonly #stage: Stage
  readonly #init: ReactionInit
  readonly #stories: StoryReader

  constructor(stage: Stage, init: ReactionInit) {
    this.#stage = stage
    this.#init = init
    this.#stories = new StoryReader(stage.cluster.members)
  }

  /** Those that count, in their order. */
  async run(series: Series): Promise<Measured[]> {
    const { name, vaults, isEnrolled, warmUp } = series
    const measured: Measured[] = []
    for (let at = 0; at < vaults.length; at += GROUP) {
      const answered: Reaction[] = []
      for (const [place, vault] of vaults.slice(at, at + GROUP).entries()) {
        const one = await this.#one(series, vault)
        if (one === null) continue
        answered.push(one.reaction)
        if (at + place >= warmUp) measured.push(one)
      }
      await this.#stage.bury(answered)
      if (isEnrolled) await this.#stage.settled(answered.map(({ theft }) => theft))
      const last = answered.at(-1)
      const done = `${name}: ${Math.min(at + GROUP, vaults.length)} of ${vaults.length}`
      this.#init.progress(last === undefined ? done : `${done}, the last in ${last.took_ms.toFixed(1)} ms`)
    }
    return measured
  }

  /** null where it was not answered. */
  async #one({ react }: Series, vault: PreparedVault): Promise<Measured | null> {
    this.#init.signal.throwIfAborted()
    await this.#stage.quiet()
    // What was logged before is not part of this.
    await this.#stories.lines()
    try {
      const reaction = await react(vault)
      await this.#stage.quiet()
      this.#check(reaction)
      return { reaction, lines: await this.#stories.lines() }
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      this.wrong.push(error.message)
      return null
    }
  }

  #check({ theft: { vault, answers, own }, took_ms }: Reaction): void {
    const { rightful, witness } = this.#stage
    for (const txid of [...own, ...answers.map(({ txid }) => txid)]) rightful.add(txid)
    const foreign = witness.notices.filter(({ kind, id }) => kind === 'accepted' && !rightful.has(id))
    for (const id of new Set(foreign.map(({ id }) => id))) this.wrong.push(`${vault.name}: a bitcoind accepted ${id}, which nobody should have sent`)
    if (took_ms < 0) this.wrong.push(`${vault.name}: answered before it was taken`)
  }
}
