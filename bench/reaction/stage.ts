/** Five bitcoinds, five node processes, and somebody who hears what the bitcoinds accept. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster } from '../../packages/cli/src/demo/cluster/index.ts'
import { until } from '../../packages/cli/src/demo/waiting.ts'
import { FederationLink, verifier } from '../../packages/client/src/index.ts'
import type { BitcoindBinary } from '../../packages/client/src/regtest.ts'
import { incidentIdOf, vaultIdOf } from '../../packages/protocol/src/index.ts'
import { type Answer, type Miner, type Theft, bury } from './thefts.ts'
import { Witness } from './witness.ts'

export const MEMBERS = 5
/** As in the field: what the demo uses would have the members talk all the time. */
const HEARTBEAT_MS = 10_000
/** The members have until then to hold an answered incident for over. */
const SETTLE_LIMIT_MS = 60_000
/** Between two incidents, so that none is measured at the same point of any beat: at least, and at most so much more. */
const PAUSE_MS = 100
const PAUSE_JITTER_MS = 150

export interface StageInit {
  readonly binary: BitcoindBinary
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export class Stage {
  readonly cluster: Cluster
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
    const cluster = await withLogClock(() => Cluster.start({ members: MEMBERS, binary, heartbeat_ms: HEARTBEAT_MS, signal }))
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

  /** Mines the answer and waits until every member holds the coin for recovered; then some quiet. */
  async settle(theft: Theft, answer: Answer): Promise<void> {
    const { regtest, members } = this.cluster
    await bury(regtest, theft, answer, this.miner)
    const id = this.incidentOf(theft)
    await Promise.all(members.map((member) =>
      until(`the recovery of ${theft.vault.name} at ${member.name}`, async () => (await member.api.incident(id))?.status === 'recovered', {
        limit_ms: SETTLE_LIMIT_MS,
        signal: this.#signal,
      }),
    ))
    await this.quiet()
  }

  async quiet(): Promise<void> {
    await sleep(PAUSE_MS + Math.random() * PAUSE_JITTER_MS, undefined, { signal: this.#signal })
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
