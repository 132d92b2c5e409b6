/** A theft on a running cluster, until the clawback is confirmed or it is plain that there will be none. */
import { outpointOf, parseTxid } from '@belfry/client/regtest'
import type { Cluster, Member } from '../cluster/index.ts'
import type { DemoSettings } from '../settings.ts'
import type { EnrolledVault } from '../vault/enrolled-vault.ts'
import { pause } from '../waiting.ts'
import type { DemoEvent, Finish, Happening, NoClawback } from './events.ts'
import { Miner } from './miner.ts'
import type { Audience } from './play.ts'
import { Progress } from './progress.ts'
import { Thief } from './thief.ts'
import { Timeline } from './timeline.ts'

/**
 * Slow enough to follow, quick enough to wait for. bitcoinds take 2 to 11 s to tell each other of a transaction: members that
 * act in the mempool are given that time before the first block.
 */
const BLOCK_INTERVAL_MS = { confirmation: 4_000, mempool: 10_000 } as const
const ASK_INTERVAL_MS = 200
/** Blocks to look on for where too few members are left. */
const QUORUM_LOST_BLOCKS = 3
/** For the members that are left to notice that the others are gone, and to see the theft confirmed. */
const QUORUM_LOST_LIMIT_MS = 45_000
/** The coin is still safe then: the thief waits for 144 blocks. But something is wrong. */
const CLAWBACK_LIMIT_MS = 180_000

export interface TheftSceneInit {
  readonly settings: DemoSettings
  readonly audience: Audience
  readonly cluster: Cluster
  readonly vault: EnrolledVault
}

export class TheftScene {
  readonly #settings: DemoSettings
  readonly #audience: Audience
  readonly #cluster: Cluster
  readonly #vault: EnrolledVault
  readonly #timeline: Timeline
  readonly #progress = new Progress()
  /** Members that said that the quorum is lost. */
  readonly #alarmed = new Set<number>()

  constructor({ settings, audience, cluster, vault }: TheftSceneInit) {
    this.#settings = settings
    this.#audience = audience
    this.#cluster = cluster
    this.#vault = vault
    this.#timeline = new Timeline(cluster.members)
  }

  async play(): Promise<Finish> {
    const miner = new Miner({
      regtest: this.#cluster.regtest,
      interval_ms: BLOCK_INTERVAL_MS[this.#settings.act_at],
      onBlock: ({ at_ms, height, hash, node }) => this.#add({ event: 'block-mined', height, hash, bitcoind: node + 1 }, at_ms),
    })
    try {
      await this.#kill()
      await this.#steal()
      miner.start()
      const reason = await this.#watch()
      this.#tell(await this.#timeline.finish())
      return await this.#finish(reason)
    } finally {
      await miner.stop()
    }
  }

  /** The last ones, so that the first bitcoind has a member that sees the theft at once. */
  async #kill(): Promise<void> {
    const { members } = this.#cluster
    for (const member of members.slice(members.length - this.#settings.kill)) {
      await member.kill()
      this.#add({ event: 'member-killed', member: member.index })
    }
  }

  async #steal(): Promise<void> {
    const node = this.#cluster.regtest.node(0)
    const { txid, at_ms } = await new Thief(this.#vault).unvault(node)
    this.#add({ event: 'theft-submitted', txid, sat_vb: this.#vault.unvault.feerate / 1_000, bitcoind: node.index + 1 }, at_ms)
  }

  #add(happening: Happening, at_ms: number = Date.now()): void {
    this.#timeline.add({ ...happening, at_ms })
  }

  #tell(events: readonly DemoEvent[]): void {
    for (const event of events) this.#progress.take(event)
    this.#audience.tell(events)
  }

  /** @returns why there is no clawback; null once every member's own chain holds it */
  async #watch(): Promise<NoClawback | null> {
    const { signal } = this.#audience
    const start_ms = performance.now()
    const { living } = this.#cluster
    const isHopeless = living.length < this.#settings.quorum
    for (;;) {
      signal.throwIfAborted()
      this.#tell(await this.#timeline.advance())
      if (this.#progress.clawbackAt(living) !== null) return null
      if (isHopeless) await this.#hearAlarms(living)
      const waited_ms = performance.now() - start_ms
      if (isHopeless && (this.#isLostPlainly(living) || waited_ms > QUORUM_LOST_LIMIT_MS)) return 'quorum-lost'
      if (waited_ms > CLAWBACK_LIMIT_MS) return 'timed-out'
      await pause(ASK_INTERVAL_MS, signal)
    }
  }

  /** What those that are left say of themselves at /readyz. */
  async #hearAlarms(living: readonly Member[]): Promise<void> {
    await Promise.all(living.map(async ({ index, api }) => {
      const lost = (await api.readiness())?.reasons.find(({ reason }) => reason === 'quorum-lost')
      if (lost === undefined || this.#alarmed.has(index)) return
      this.#alarmed.add(index)
      this.#add({ event: 'quorum-lost', by: index, message: lost.message })
    }))
  }

  #isLostPlainly(living: readonly Member[]): boolean {
    const { blocks, confirmedTheft } = this.#progress
    return blocks >= QUORUM_LOST_BLOCKS && living.every(({ index }) => this.#alarmed.has(index) && confirmedTheft.has(index))
  }

  async #finish(reason: NoClawback | null): Promise<Finish> {
    const { members, quorum } = this.#settings
    const progress = this.#progress
    const clawback = reason === null ? progress.clawbackAt(this.#cluster.living) : null
    return {
      clawback_txid: clawback?.txid ?? null,
      reason,
      unvault_txid: this.#vault.unvault.txid,
      rung_sat_vb: clawback?.sat_vb ?? null,
      votes: progress.voters.size,
      members,
      quorum,
      confirmations: clawback === null ? 0 : await this.#confirmations(clawback.txid),
      theft_to_clawback_ms: clawback === null ? null : progress.theft_to_clawback_ms,
      first_seen_to_clawback_ms: clawback === null ? null : progress.first_seen_to_clawback_ms,
    }
  }

  /** Of the deep-cold output, at the first bitcoind. */
  async #confirmations(txid: string): Promise<number> {
    const { bitcoind } = this.#cluster.regtest.node(0)
    return (await bitcoind.getTxOut(outpointOf(parseTxid(txid), 0), false))?.confirmations ?? 0
  }
}
