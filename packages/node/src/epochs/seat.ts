/**
 * This member in one epoch: a core with its own log, sign-once ledger, boot numbers and position on the chain. All that it
 * signs, and all whom it speaks with, are of one lock; nothing that it does waits for another epoch's seat.
 */
import type { Bitcoind } from '@belfry/bitcoind'
import {
  type DurableEffect,
  type Durable,
  type Federation,
  type ImmediateEffect,
  type Input,
  type LogRecord,
  type State,
  createCore,
  genesisHashOf,
  watchedOutpoints,
} from '@belfry/protocol'
import type { MemberIndex, Outpoint } from '@belfry/protocol/primitives'
import type { NodeKeys } from '@belfry/keystore'
import type { FederationLink, NetworkHandlers } from '@belfry/network'
import { type Disk, Loop, type LoopCounters, type RestoredLog, restoreLog } from '@belfry/runtime'
import { Broadcaster } from '../broadcast/broadcaster.ts'
import type { FeeBumper } from '../broadcast/fee-bumper.ts'
import { type Chain, type ChainInit, type HeaderRow, createChain, createTxidHasher, type lastBlock, warmUp } from '../chain/index.ts'
import { ShareKeeper } from '../custody/share-keeper.ts'
import { TransactionKeeper } from '../custody/transaction-keeper.ts'
import { coreInputs } from '../effects/inputs.ts'
import { Performer, type PerformerModules } from '../effects/performer.ts'
import { SystemClock } from '../effects/system-clock.ts'
import { Ingress } from '../ingress.ts'
import { type Logger, chainLog, tellLog } from '../logging/index.ts'
import { type Owner, verifier } from '../membership.ts'
import type { Metrics } from '../metrics/index.ts'
import type { ShellHealth } from '../views/index.ts'
import { memberLabel } from './label.ts'
import type { OpenedEpoch } from './open.ts'

type NodeLoop = Loop<State, Durable, Input, LogRecord, DurableEffect, ImmediateEffect>

export interface SeatModules {
  readonly keys: NodeKeys
  readonly owners: readonly Owner[]
  readonly software: string
  readonly bitcoind: Bitcoind
  readonly zmq: ChainInit['zmq']
  readonly logger: Logger
  readonly metrics: Metrics
  /** Of this node: its members keep the index that they have there in the metrics. */
  readonly newest: Federation
  /** As the epochs before know a vault. */
  readonly earlierKeys: PerformerModules['earlierKeys']
  /** The header log, in the order of its keys. */
  readonly headers: readonly HeaderRow[]
  /**
   * What this seat's chain watcher does for wallets; null where another seat's does it. The watcher's rows are stored with the
   * events of the one that does.
   */
  readonly wallets: SeatWallets | null
  /** There is evidence against a member that there was not before. */
  readonly onEvidence: () => void
  /** The node stops. */
  readonly signal: AbortSignal
  /** What ends the node. */
  readonly fail: (cause: unknown) => void
}

export interface SeatWallets extends Pick<ChainInit, 'watchSet' | 'movements'> {
  /** Where their rows stand, for a seat that has no position of its own yet: nothing of wallets is missed by a change of lock. */
  readonly lastBlock: ReturnType<typeof lastBlock>
  readonly onBlock: () => void
}

export class Seat {
  readonly federation: Federation
  readonly self: MemberIndex
  readonly chain: Chain
  readonly transactions: TransactionKeeper
  readonly #modules: SeatModules
  readonly #core: ReturnType<typeof createCore>
  readonly #log: RestoredLog<Durable>
  readonly #disk: Disk
  readonly #hasher = createTxidHasher()
  /** It wakes one loop. */
  readonly #clock = new SystemClock()
  readonly #shares: ShareKeeper
  readonly #ingress: Ingress
  #loop: NodeLoop | null = null
  #chain_watcher: ShellHealth['chain_watcher'] = 'running'
  #is_warm = false

  /** Nothing runs before `run`. */
  constructor({ federation, self, next_lock, refused_locks, opened }: OpenedEpoch, modules: SeatModules) {
    const { keys, owners, software, bitcoind, zmq, logger, wallets } = modules
    this.federation = federation
    this.self = self
    this.#modules = modules
    const config = { federation, self, owners: owners.map(({ peer_id, root }) => ({ peer_id, root })), software, next_lock, refused_locks }
    this.#core = createCore(config, { ...verifier, sign: (bytes) => keys.sign(bytes) })
    this.#log = restoreLog(this.#core, opened.log)
    this.#disk = opened.disk
    this.chain = createChain(
      { genesis: genesisHashOf(federation.network), zmq, hasher: this.#hasher, ...wallets },
      { bitcoind, log: chainLog(logger) },
    )
    this.#shares = new ShareKeeper({ federation, self }, { keys })
    this.transactions = new TransactionKeeper({ shares: this.#shares })
    this.#ingress = new Ingress({
      offer: (input, riders) => this.#loop?.offer(input, riders) ?? false,
      offerRiders: (riders) => this.#loop?.offerRiders(riders) ?? false,
      now: () => this.#clock.now(),
    })
  }

  /** For the network. */
  get handlers(): NetworkHandlers {
    return this.#ingress.handlers
  }

  /** To be read only; null before it runs. */
  get running(): State | null {
    return this.#loop?.state ?? null
  }

  /** To be read only, once it runs. */
  get state(): State {
    return this.#runningLoop().state
  }

  /** As its log has it. */
  get durable(): Durable {
    return this.#loop?.state.durable ?? this.#log.durable
  }

  /** As the metrics name a member. */
  #label(index: number): string {
    return memberLabel(this.#modules.newest, this.federation, index)
  }

  counters(): LoopCounters {
    return this.#runningLoop().counters()
  }

  health(): ShellHealth {
    const { status } = this.#runningLoop()
    return { loop: status, chain_watcher: this.#chain_watcher, is_warm: this.#is_warm, unseen: this.chain.unseen() }
  }

  /** From where its log stands: nothing is missed that happened while the node was down, and nothing is told twice. */
  run(network: FederationLink, bumper: FeeBumper): void {
    const { signal, fail } = this.#modules
    const clock = this.#clock
    const loop: NodeLoop = new Loop({}, {
      core: this.#core,
      log: this.#log,
      disk: this.#disk,
      clock,
      inputs: coreInputs,
      effects: this.#performer(network, bumper),
      observer: { onFatal: fail },
    })
    this.#loop = loop
    loop.offer({ kind: 'start', at_ms: clock.now() })
    for (const member of network.connected()) loop.offer({ kind: 'peer', member, connected: true, at_ms: clock.now() })
    this.#followChain()
    // While the rest starts: it takes some tenths of a second, in small parts.
    warmUp(this.#hasher, signal).then(() => { this.#is_warm = true }, fail)
  }

  stop(): void {
    this.#loop?.stop()
  }

  wipe(): void {
    this.#shares.wipe()
    this.transactions.wipe()
  }

  #runningLoop(): NodeLoop {
    if (this.#loop === null) throw new Error('the seat does not run')
    return this.#loop
  }

  #performer(network: FederationLink, bumper: FeeBumper): Performer {
    const { bitcoind, earlierKeys, logger, metrics, onEvidence, signal, fail } = this.#modules
    const tell = tellLog(logger, (member) => this.federation.memberOf(member).name)
    return new Performer({
      federation: this.federation,
      bitcoind,
      chain: this.chain,
      network,
      shares: this.#shares,
      transactions: this.transactions,
      broadcaster: new Broadcaster({ bitcoind, transactions: this.transactions }),
      bumper,
      verdicts: this.#ingress.verdicts,
      requests: this.#ingress.requests,
      isGuarded: (outpoint) => isGuarded(this.durable, outpoint),
      earlierKeys,
      offer: (outcome) => this.#ingress.outcome(outcome, signal),
      tell: (one) => {
        tell(one)
        metrics.tell({ event: one.event, member: one.member === undefined ? undefined : this.#label(one.member) })
        if (one.event === 'evidence') onEvidence()
      },
      count: ({ peer, code, kind }) => metrics.verdict({ peer: this.#label(peer), code, kind }),
      onBug: fail,
    })
  }

  #followChain(): void {
    const { headers, wallets, signal, fail } = this.#modules
    const { durable } = this.#log
    const last = durable.position === null ? (wallets?.lastBlock ?? null) : null
    // The first block that this core hears of; without it, it would know no height before the next one.
    if (last !== null) void this.#ingress.chain({ event: 'block-connected', ...last }, [], signal)
    this.chain.start({ position: durable.position ?? last?.block ?? null, recent: durable.recent, watched: watchedOutpoints(durable), headers }, {
      event: async (event, _position, riders) => {
        await this.#ingress.chain(event, wallets === null ? [] : riders, signal)
        if (event.event === 'block-connected') wallets?.onBlock()
      },
      rows: async (riders) => {
        if (wallets !== null) await this.#ingress.rows(riders, signal)
      },
    })
    const ended = (cause: unknown): void => {
      this.#chain_watcher = 'ended'
      fail(cause)
    }
    this.chain.finished.then(() => ended(new Error('the chain watcher ended')), ended)
  }
}

function isGuarded({ vaults }: Durable, outpoint: Outpoint): boolean {
  return [...vaults.values()].some(({ coins }) => coins.has(outpoint))
}
