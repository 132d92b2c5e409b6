/**
 * A whole federation on one machine: for each member a bitcoind in regtest, keys, files and a node process. What the demo,
 * the end-to-end tests and the benchmarks share.
 */
import type { Federation, Millis } from '@belfry/client'
import { type BitcoindBinary, ExitGuard, type Regtest, type ThresholdChoices, findFreePorts, startRegtest } from '@belfry/client/regtest'
import { CliError } from '../../errors.ts'
import { type Founded, type OwnerKeys, found, makeOwner } from './ceremony.ts'
import type { LogLevel } from './member-config.ts'
import { Member, belfryCommand } from './member.ts'
import { makeWorkspace } from './workspace.ts'

export type ClusterStep =
  | { readonly step: 'federation-locked'; readonly lock_hash: string }
  | { readonly step: 'bitcoinds-started' | 'members-started' | 'members-ready'; readonly count: number }

export interface ClusterInit {
  /** 3..15: a bitcoind for each. */
  readonly members: number
  readonly binary: Pick<BitcoindBinary, 'path'>
  /** Default: the federation's own defaults. */
  readonly thresholds?: ThresholdChoices
  readonly heartbeat_ms?: number
  /** How belfry is started: program and arguments. Default: the code that this is part of. */
  readonly command?: readonly string[]
  /** Leave all running and on the disk when this process ends. Default false. */
  readonly outliveParent?: boolean
  /** For every bitcoind, after Belfry's own. */
  readonly bitcoindArgs?: readonly string[]
  /** Of the members' nodes. Default info. */
  readonly logLevel?: LogLevel
  readonly onStep?: (step: ClusterStep) => void
  readonly signal?: AbortSignal
}

/** Short, so that one sees soon who is gone; long enough that fifteen busy nodes do not hold each other for dead. */
const DEFAULT_HEARTBEAT_MS = 500
const HOLD_INTERVAL_MS = 60_000
/** Other clusters on the same machine probe for ports too. */
const MAX_START_TRIES = 3

interface Parts {
  readonly dir: string
  readonly regtest: Regtest
  readonly federation: Federation
  readonly lock: string
  readonly owner: OwnerKeys
  readonly members: readonly Member[]
}

export class Cluster {
  readonly dir: string
  readonly regtest: Regtest
  readonly federation: Federation
  /** Path of the lock file. */
  readonly lock: string
  readonly owner: OwnerKeys
  /** In the order of their indices. */
  readonly members: readonly Member[]
  readonly #cleanup: AsyncDisposableStack

  private constructor({ dir, regtest, federation, lock, owner, members }: Parts, cleanup: AsyncDisposableStack) {
    this.dir = dir
    this.regtest = regtest
    this.federation = federation
    this.lock = lock
    this.owner = owner
    this.members = members
    this.#cleanup = cleanup
  }

  /** Resolves when all members are ready and connected with each other. On any failure nothing is left running or on the disk. */
  static async start(init: ClusterInit): Promise<Cluster> {
    for (let tries = 1; ; tries++) {
      try {
        return await Cluster.#start(init)
      } catch (error) {
        // Most likely somebody took a port between its being found free and a node's listening on it.
        const mayHelp = error instanceof CliError && error.code === 'start-failed' && tries < MAX_START_TRIES
        if (!mayHelp || init.signal?.aborted) throw error
      }
    }
  }

  static async #start(init: ClusterInit): Promise<Cluster> {
    await using cleanup = new AsyncDisposableStack()
    const parts = await build(init, cleanup)
    return new Cluster(parts, cleanup.move())
  }

  /** @throws RangeError when there is no such member */
  member(index: number): Member {
    const member = this.members[index - 1]
    if (member === undefined) throw new RangeError(`there is no member ${index}`)
    return member
  }

  get living(): readonly Member[] {
    return this.members.filter(({ isRunning }) => isRunning)
  }

  /** Nothing runs any more, and nothing is on the disk, when this returns. */
  async stop(): Promise<void> {
    await this.#cleanup.disposeAsync()
  }
}

async function build(init: ClusterInit, cleanup: AsyncDisposableStack): Promise<Parts> {
  const { members: count, outliveParent = false, onStep = () => {}, signal } = init
  if (outliveParent) holdOpen(cleanup)
  const dir = await makeWorkspace(cleanup, outliveParent)
  const owner = await makeOwner(dir)
  cleanup.defer(() => {
    owner.connect.wipe()
    owner.root.wipe()
  })
  const ports = await freePorts(count)
  const founded = await foundOn(init, dir, ports)
  onStep({ step: 'federation-locked', lock_hash: founded.federation.lock_hash })
  signal?.throwIfAborted()

  const regtest = await startBitcoinds(init, dir, cleanup)
  onStep({ step: 'bitcoinds-started', count })
  signal?.throwIfAborted()

  const members = seat(init, founded, regtest, ports)
  cleanup.defer(async () => void (await Promise.all(members.map((member) => member.stop()))))
  const config = { lock: founded.lock, ownerCards: [owner.files.card], logLevel: init.logLevel ?? 'info' }
  await Promise.all(members.map((member) => member.writeConfig(config)))
  await Promise.all(members.map((member) => member.start()))
  onStep({ step: 'members-started', count })
  await Promise.all(members.map((member) => member.ready(count - 1, signal)))
  onStep({ step: 'members-ready', count })
  return { dir, regtest, owner, members, federation: founded.federation, lock: founded.lock }
}

/** Children that may outlive this process do not keep it from ending, so while they are being stopped something else must. */
function holdOpen(cleanup: AsyncDisposableStack): void {
  const held = setInterval(() => {}, HOLD_INTERVAL_MS)
  cleanup.defer(() => clearInterval(held))
}

interface MemberPorts {
  readonly peer: number
  readonly http: number
}

async function freePorts(count: number): Promise<MemberPorts[]> {
  const members = Array.from({ length: count }, (_, at) => `${at}`)
  const found = await findFreePorts(members.flatMap((member) => [`${member}-peer`, `${member}-http`]))
  return members.map((member) => ({ peer: found[`${member}-peer`] ?? 0, http: found[`${member}-http`] ?? 0 }))
}

async function foundOn({ thresholds = {}, heartbeat_ms = DEFAULT_HEARTBEAT_MS }: ClusterInit, dir: string, ports: readonly MemberPorts[]): Promise<Founded> {
  const created_at = Date.now() as Millis
  return await found({ dir, name: 'belfry', addresses: ports.map(({ peer }) => `/ip4/127.0.0.1/tcp/${peer}`), thresholds, heartbeat_ms, created_at })
}

/** With a first hundred blocks, so that there are coins to spend and no bitcoind takes itself for one that catches up. */
async function startBitcoinds(init: ClusterInit, dir: string, cleanup: AsyncDisposableStack): Promise<Regtest> {
  const { members: count, binary, outliveParent = false, bitcoindArgs: extraArgs = [] } = init
  const regtest = await startRegtest({ count, baseDir: dir, binary, outliveParent, extraArgs })
  cleanup.defer(() => regtest.stopAll())
  await regtest.purse.fill()
  await regtest.waitForSameTip()
  return regtest
}

function seat(init: ClusterInit, { federation, seats }: Founded, regtest: Regtest, ports: readonly MemberPorts[]): Member[] {
  const { outliveParent = false, command = belfryCommand() } = init
  const exitGuard = outliveParent ? null : new ExitGuard()
  return federation.members.flatMap(({ index, peer_id }, at) => {
    const [seat, port] = [seats[at], ports[at]]
    if (seat === undefined || port === undefined) return []
    return [new Member({ index, peer_id, seat, httpPort: port.http, bitcoind: regtest.node(at), exitGuard, command })]
  })
}
