/** Five bitcoinds, five node processes, and somebody who hears what the bitcoinds accept. */
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, type Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { until } from '../../packages/cli/src/demo/waiting.ts'
import { FederationLink, verifier } from '../../packages/client/src/index.ts'
import type { BitcoindBinary } from '../../packages/client/src/regtest.ts'
import { SETTLED_DEPTH, incidentIdOf, vaultIdOf } from '../../packages/protocol/src/index.ts'
import { LOG_ARGS } from './notice-delay.ts'
import type { Answer, Miner, Theft } from './thefts.ts'
import { Witness } from './witness.ts'

export const MEMBERS = 5
/** As in the field: what the demo takes would have the members talk all the time. */
const HEARTBEAT_MS = 10_000
/** The members have until then to hold an answered incident for over. */
const SETTLE_LIMIT_MS = 60_000
const SETTLE_INTERVAL_MS = 250
/** Nobody logged anything for so long: what an incident calls for is done in bursts of far less. */
const QUIET_MS = 150
const QUIET_STEP_MS = 30
/** So that no incident is measured at the same point of any beat. */
const PAUSE_JITTER_MS = 150

export interface StageInit {
  readonly binary: BitcoindBinary
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export class Stage {
  readonly cluster: Cluster
  /** What the incidents so far were right to send: bitcoind's own relay may bring it to the last node seconds later. */
  readonly rightful = new Set<string>()
  readonly witness: Witness
  readonly link: FederationLink
  readonly miner: Miner
  readonly #cleanup: AsyncDisposableStack
  readonly #signal: AbortSignal

  private constructor(parts: Pick<Stage, 'cluster' | 'witness' | 'link' | 'miner'>, signal: AbortSignal, cleanup: AsyncDisposableStack) {
    this.cluster = parts.cluster
    this.witness = parts.witness
    this.link = parts.link
    this.miner = parts.miner
    this.#signal = signal
    this.#cleanup = cleanup
  }

  static async start({ binary, progress, signal }: StageInit): Promise<Stage> {
    await using cleanup = new AsyncDisposableStack()
    progress(`starting ${MEMBERS} bitcoinds and ${MEMBERS} nodes`)
    const cluster = await withLogClock(() => Cluster.start({ members: MEMBERS, binary, heartbeat_ms: HEARTBEAT_MS, bitcoindArgs: LOG_ARGS, signal }))
    cleanup.defer(() => cluster.stop())
    const { regtest, federation, owner } = cluster
    const witness = new Witness(regtest.nodes)
    cleanup.defer(() => witness.close())
    await witness.untilLive(() => regtest.mine(0, 1))
    const link = await FederationLink.open(federation, owner.connect.identitySeed)
    cleanup.defer(() => link.close())
    const miner = { node: regtest.node(0), address: await regtest.freshAddress() }
    return new Stage({ cluster, witness, link, miner }, signal, cleanup.move())
  }

  incidentOf({ vault, kind }: Theft): string {
    const { owner } = this.cluster
    return incidentIdOf(verifier, vaultIdOf(verifier, vault.plan.deposit.outpoint, owner.root.publicKey), kind)
  }

  /** Until no member has anything to say any more about what was just answered; then a while of any length. */
  async quiet(): Promise<void> {
    let size = await this.#logBytes()
    for (let still_ms = 0; still_ms < QUIET_MS; still_ms += QUIET_STEP_MS) {
      await this.#pause(QUIET_STEP_MS)
      const now = await this.#logBytes()
      if (now !== size) still_ms = 0
      size = now
    }
    await this.#pause(Math.random() * PAUSE_JITTER_MS)
  }

  /** Mines the answers, and so many blocks on top that nothing of them can change any more. */
  async bury(answered: readonly { readonly theft: Theft; readonly answer: Answer }[]): Promise<void> {
    const { regtest } = this.cluster
    const { node, address } = this.miner
    await node.bitcoind.generateBlock(address, answered.flatMap(({ theft, answer }) => [...theft.before, answer.raw]))
    await regtest.mine(node.index, SETTLED_DEPTH, address)
    await regtest.waitForSameTip()
  }

  /** Until every member holds these incidents for settled: what is over must not work while the next is measured. */
  async settled(thefts: readonly Theft[]): Promise<void> {
    await Promise.all(thefts.flatMap((theft) => this.cluster.living.map((member) => this.#settled(member, theft))))
    await this.quiet()
  }

  async #settled(member: Member, theft: Theft): Promise<void> {
    const id = this.incidentOf(theft)
    const isSettled = async () => (await member.api.incident(id))?.status === 'settled'
    const what = `the recovery of ${theft.vault.name} at ${member.name}`
    await until(what, isSettled, { limit_ms: SETTLE_LIMIT_MS, interval_ms: SETTLE_INTERVAL_MS, signal: this.#signal })
  }

  async #logBytes(): Promise<number> {
    const sizes = await Promise.all(this.cluster.members.map(async ({ files }) => (await stat(files.log)).size))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#signal })
  }

  /** Ends every member and bitcoind but the first. */
  async leaveOne(): Promise<void> {
    const { members, regtest } = this.cluster
    await Promise.all(members.slice(1).map((member) => member.stop()))
    await Promise.all(regtest.nodes.slice(1).map((node) => node.stop()))
  }

  async stop(): Promise<void> {
    await this.#cleanup.disposeAsync()
  }
}

/** Processes started within have log-clock.ts loaded first; whoever wanted other options for them keeps these. */
async function withLogClock<T>(start: () => Promise<T>): Promise<T> {
  const before = process.env['NODE_OPTIONS']
  const preload = `--import=${new URL('log-clock.ts', import.meta.url).href}`
  process.env['NODE_OPTIONS'] = before === undefined ? preload : `${before} ${preload}`
  try {
    return await start()
  } finally {
    if (before === undefined) delete process.env['NODE_OPTIONS']
    else process.env['NODE_OPTIONS'] = before
  }
}
