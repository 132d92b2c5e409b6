/**
 * P7: what one node takes when it waits for nobody. It holds the votes of q−1 others and t−1 shares before the theft comes,
 * so that what is measured is its own part: from the notice of the trigger over its own vote, the certificate, its own share,
 * the rebuilding and every synced record in between, to bitcoind's acceptance of the clawback.
 */
import { until } from '../../packages/cli/src/demo/waiting.ts'
import type { EnrolmentBundle } from '../../packages/client/src/index.ts'
import { type Row, timeRow } from '../output/row.ts'
import { ANSWER_LIMIT_MS, MAX_LIMIT_SAMPLES, WARM_UP, rowOf } from './five-nodes.ts'
import { Ghost } from './ghost.ts'
import { type Reaction, react, reactBare } from './measure.ts'
import { AcceptanceLog } from './notice-delay.ts'
import { type ReactionInit, SeriesRunner } from './series.ts'
import type { Stage } from './stage.ts'
import { type Theft, makeTheft } from './thefts.ts'
import { type PreparedVault, enrolAll, prepareVaults } from './vaults.ts'

/** The lowest rung: the one that is due while nobody knows a feerate. */
const LOWEST_CLAWBACK = 0
const GHOST_LIMIT_MS = 30_000
const ASK_INTERVAL_MS = 20

export class OneNode {
  readonly rows: Row[] = []
  readonly #stage: Stage
  readonly #init: ReactionInit
  readonly #runner: SeriesRunner
  #limits: readonly PreparedVault[] = []
  #delayed: readonly PreparedVault[] = []
  #vaults: readonly PreparedVault[] = []
  #bundles: ReadonlyMap<PreparedVault, EnrolmentBundle> = new Map()

  constructor(stage: Stage, init: ReactionInit) {
    this.#stage = stage
    this.#init = init
    this.#runner = new SeriesRunner(stage, init)
  }

  get wrong(): readonly string[] {
    return this.#runner.wrong
  }

  /** While all members are there, for each must hold every vault. */
  async prepare(): Promise<void> {
    const { regtest } = this.#stage.cluster
    const { samples, progress } = this.#init
    progress('one-node: making vaults')
    this.#limits = await prepareVaults(regtest, 'limit-one-node', 'mempool', Math.min(samples, MAX_LIMIT_SAMPLES) + WARM_UP)
    this.#delayed = await prepareVaults(regtest, 'notice-delay', 'mempool', Math.min(samples, MAX_LIMIT_SAMPLES))
    this.#vaults = await prepareVaults(regtest, 'one-node', 'mempool', samples + WARM_UP)
    const bundles = await enrolAll(this.#stage, this.#vaults, this.#init)
    this.#bundles = new Map(this.#vaults.flatMap((vault, at) => (bundles[at] ? [[vault, bundles[at]] as const] : [])))
  }

  /** Ends all members but the first. */
  async measure(): Promise<void> {
    const { cluster } = this.#stage
    const { q, t } = cluster.federation.thresholds.clawback
    await this.#stage.leaveOne()
    const others = cluster.members.slice(1, Math.max(q, t))
    const ghosts = await Promise.all(others.map((member) => Ghost.rise(cluster.federation, member)))
    try {
      await until('the ghosts\' connections', async () => ghosts.every((ghost) => ghost.isHeardBy(ghosts.length)), {
        limit_ms: GHOST_LIMIT_MS, signal: this.#init.signal,
      })
      await this.#measure(ghosts)
    } finally {
      await Promise.all(ghosts.map((ghost) => ghost.lay()))
    }
  }

  async #measure(ghosts: readonly Ghost[]): Promise<void> {
    const { witness, cluster: { regtest }, miner } = this.#stage
    const node = [regtest.node(0)]
    const limit = rowOf('limit/one-node', await this.#runner.run({
      name: 'limit/one-node', vaults: this.#limits, isEnrolled: false, warmUp: WARM_UP,
      react: async (vault) => await reactBare(witness, node, await makeTheft('mempool', vault, miner), ANSWER_LIMIT_MS),
    }))
    const acceptances = await AcceptanceLog.start(regtest.node(0))
    const delays = await acceptances.delays(await this.#runner.run({
      name: 'notice-delay', vaults: this.#delayed, isEnrolled: false, warmUp: 0,
      react: async (vault) => await reactBare(witness, node, await makeTheft('mempool', vault, miner), ANSWER_LIMIT_MS),
    }))
    const row = rowOf('one-node', await this.#runner.run({
      name: 'one-node', vaults: this.#vaults, isEnrolled: true, warmUp: WARM_UP,
      react: async (vault) => await this.#reactTo(vault, ghosts),
    }), limit)
    if (row !== null) this.rows.push(row)
    if (limit !== null) this.rows.push(limit)
    if (delays.length > 0) this.rows.push(timeRow('notice-delay', delays))
  }

  async #reactTo(vault: PreparedVault, ghosts: readonly Ghost[]): Promise<Reaction> {
    const { witness, cluster, miner } = this.#stage
    const theft = await makeTheft('mempool', vault, miner)
    const bundle = this.#bundles.get(vault)
    if (bundle === undefined) throw new RangeError(`${vault.name} was never enrolled`)
    const member = cluster.member(1)
    const { blocks } = await member.bitcoind.bitcoind.getBlockchainInfo()
    for (const ghost of ghosts) ghost.vote(bundle, theft.kind, blocks)
    await this.#told(theft, 'vote-received', ghosts.length)
    // Only now: a share is noted in a story that a vote has begun.
    for (const ghost of ghosts) ghost.release(bundle, theft.kind, LOWEST_CLAWBACK, member.index)
    await this.#told(theft, 'share-opened', ghosts.length)
    await this.#stage.quiet()
    return await react(witness, [cluster.regtest.node(0)], theft, ANSWER_LIMIT_MS)
  }
  /** Until the member's story has so many of these events. */
  async #told(theft: Theft, event: string, times: number): Promise<void> {
    const id = this.#stage.incidentOf(theft)
    const { api } = this.#stage.cluster.member(1)
    await until(`${event} for ${theft.vault.name}`, async () => {
      const story = (await api.incident(id))?.story ?? []
      return story.filter((one) => one.event === event).length === times
    }, { limit_ms: GHOST_LIMIT_MS, interval_ms: ASK_INTERVAL_MS, signal: this.#init.signal })
  }
}
