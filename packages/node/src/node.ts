/** The composition root: the one place that builds a member's node and takes it down again. */
import { join } from 'node:path'
import { type Bitcoind, connectBitcoind } from '@belfry/bitcoind'
import {
  type CoreConfig,
  type DurableEffect,
  type Durable,
  type ImmediateEffect,
  type Input,
  type LogRecord,
  type State,
  createCore,
  genesisHashOf,
  watchedOutpoints,
} from '@belfry/protocol'
import type { Outpoint } from '@belfry/protocol/primitives'
import { readPassphraseFile } from '@belfry/keystore'
import { type Network, createNetwork } from '@belfry/network'
import { Loop, type RestoredLog, restoreLog } from '@belfry/runtime'
import { Broadcaster } from './broadcast/broadcaster.ts'
import { noFeeWallet } from './broadcast/fee-bumper.ts'
import { type Chain, createChain, createTxidHasher, warmUp } from './chain/index.ts'
import type { NodeConfig } from './config/index.ts'
import { ShareKeeper } from './custody/share-keeper.ts'
import { TransactionKeeper } from './custody/transaction-keeper.ts'
import { coreInputs } from './effects/inputs.ts'
import { Performer } from './effects/performer.ts'
import { SystemClock } from './effects/system-clock.ts'
import { NodeError } from './errors.ts'
import { type FeeWallet, needsOf, openIncidents, prepareFeeWallet, reserveOf } from './fee-wallet/index.ts'
import { type HttpServer, createHttp } from './http/index.ts'
import { Ingress } from './ingress.ts'
import { type Logger, chainLog, movementLog, networkLog, tellLog } from './logging/index.ts'
import { type Membership, openMembership, verifier } from './membership.ts'
import { createMetrics } from './metrics/index.ts'
import { MovementBook, readTold } from './movements/index.ts'
import { Store } from './store/index.ts'
import { type Loaded, loadWatching } from './watching/load.ts'
import { Rescan } from './watching/rescan.ts'

/** In one answer: three times as long in JSON, which the command line still takes. */
const MAX_TOLD_BYTES = 4 * 1024 * 1024

/** Until there is a state to ask: no coin is split. */
const NO_NEEDS = { anyone_can_pay: false, anchored: false }

export type NodeLoop = Loop<State, Durable, Input, LogRecord, DurableEffect, ImmediateEffect>

export interface NodeModules {
  readonly logger: Logger
  /** e.g. `belfry/0.1.0`, told to peers. */
  readonly software: string
}

export interface RunningNode {
  readonly membership: Membership
  /** To be read only. */
  readonly state: () => State
  readonly http: HttpServer
  /** The multiaddrs that members and owners reach it at. */
  readonly listening: readonly string[]
  /** Settles when the node has stopped; rejected with what broke it. */
  readonly finished: Promise<void>
  stop(): Promise<void>
}

/**
 * Builds and starts a member's node.
 * @throws NodeError, FederationError, KeystoreError, StoreError, WatchError, ChainError, NetworkError, HttpError; what was started is
 * stopped again
 */
export async function startNode(config: NodeConfig, modules: NodeModules): Promise<RunningNode> {
  const cleanup = new AsyncDisposableStack()
  try {
    return await build(config, modules, cleanup)
  } catch (error) {
    await cleanup.disposeAsync()
    throw error
  }
}

async function build(config: NodeConfig, { logger, software }: NodeModules, cleanup: AsyncDisposableStack): Promise<RunningNode> {
  const membership = await openMembership(config)
  cleanup.defer(() => membership.keys.wipe())
  const { store, log: loaded } = await Store.open(join(config.data_dir, 'store'))
  cleanup.defer(() => store.close())
  const core = createCore(coreConfig(membership, software), {
    ...verifier,
    sign: (bytes) => membership.keys.sign(bytes),
  })
  const log = restoreLog(core, loaded)
  const clock = new SystemClock()
  // Before what is watched is read: its descriptor is a part of that.
  const fees = await prepareFeeWallet({ config, network: membership.federation.network, store, now: () => clock.now(), logger })
  cleanup.defer(() => fees[Symbol.dispose]())
  const watching = await loadWatching(store, membership.federation.network, {
    onEntries: (read, total) => logger.debug('watches-loaded', { read, total }),
  })

  const bitcoind = await connect(config)
  cleanup.defer(() => bitcoind.close())
  const hasher = createTxidHasher()
  let feeWallet: FeeWallet | null = null
  const logMovement = movementLog(logger)
  const chain = createChain(
    {
      genesis: genesisHashOf(membership.federation.network),
      zmq: config.bitcoind.zmq,
      hasher,
      watchSet: watching.watchSet,
      movements: (modules) => new MovementBook(watching.movements, {
        ...modules,
        watches: watching.watches,
        now: () => clock.now(),
        onTold: (seq, movement) => {
          logMovement(seq, movement)
          feeWallet?.told(movement)
        },
      }),
    },
    { bitcoind, log: chainLog(logger) },
  )
  cleanup.defer(() => chain.stop())
  const metrics = createMetrics()
  const stopping = new AbortController()
  const broken = Promise.withResolvers<void>()
  const fail = (cause: unknown): void => {
    if (stopping.signal.aborted) return
    logger.error('node-failed', { error: cause })
    broken.reject(new NodeError('broken', 'the node ended', 'Read the log; start it again once the cause is gone.', { cause }))
  }

  let loop: NodeLoop | null = null
  const ingress = new Ingress({
    offer: (input, riders) => loop?.offer(input, riders) ?? false,
    offerRiders: (riders) => loop?.offerRiders(riders) ?? false,
    now: () => clock.now(),
  })
  const network = await openNetwork(config, membership, ingress, logger)
  cleanup.defer(() => network.stop())

  const shares = new ShareKeeper(membership, membership)
  const transactions = new TransactionKeeper({ shares })
  cleanup.defer(() => {
    shares.wipe()
    transactions.wipe()
  })
  const tell = tellLog(logger, (member) => membership.federation.memberOf(member).name)
  feeWallet = await fees.open({
    bitcoind,
    transactions,
    watches: watching.watches,
    openIncidents: () => (loop === null ? new Set() : openIncidents(loop.state)),
    needs: () => (loop === null ? NO_NEEDS : needsOf(loop.state)),
    logger,
  })
  for (const { outpoint, row } of watching.movements.stored) {
    if (row.received !== null) feeWallet?.restore(outpoint, row.received.script, row.received.value)
  }
  const performer = new Performer({
    federation: membership.federation,
    bitcoind,
    chain,
    network,
    shares,
    transactions,
    broadcaster: new Broadcaster({ bitcoind, transactions }),
    bumper: feeWallet ?? noFeeWallet,
    verdicts: ingress.verdicts,
    requests: ingress.requests,
    isGuarded: (outpoint) => loop !== null && isGuarded(loop.state.durable, outpoint),
    offer: (outcome) => ingress.outcome(outcome, stopping.signal),
    tell: (one) => {
      tell(one)
      metrics.tell(one)
    },
    count: (verdict) => metrics.verdict(verdict),
    onBug: fail,
  })
  loop = new Loop(
    {},
    {
      core,
      log,
      disk: store,
      clock,
      inputs: coreInputs,
      effects: performer,
      observer: { onFatal: fail },
    },
  )
  const running = loop
  cleanup.defer(() => {
    stopping.abort()
    running.stop()
  })
  running.offer({ kind: 'start', at_ms: clock.now() })
  for (const member of network.connected()) running.offer({ kind: 'peer', member, connected: true, at_ms: clock.now() })
  followChain(chain, log, watching, ingress, stopping.signal, () => feeWallet?.noteBlock())
  // Not waited for at the end: it may be asking a bitcoind that does not answer, and leaves nothing half done.
  void feeWallet?.run(stopping.signal)
  const rescan = new Rescan({}, { bitcoind, chain, ...watching, logger, signal: stopping.signal })
  const rescanned = rescan.run().catch(fail)
  cleanup.defer(() => {
    stopping.abort()
    return rescanned
  })
  // While the rest starts: it takes some tenths of a second, in small parts.
  let is_warm = false
  warmUp(hasher, stopping.signal).then(() => { is_warm = true }, fail)
  let chain_watcher: 'running' | 'ended' = 'running'
  const chainEnded = (cause: unknown): void => {
    chain_watcher = 'ended'
    fail(cause)
  }
  chain.finished.then(() => chainEnded(new Error('the chain watcher ended')), chainEnded)

  const http = createHttp(
    { host: config.http.host, port: config.http.port, data_dir: config.data_dir },
    {
      state: () => running.state,
      shell: () => ({ loop: running.status, chain_watcher, is_warm, unseen: chain.unseen() }),
      reserve: () => reserveOf(fees.status(feeWallet)),
      feeWallet: () => fees.status(feeWallet),
      loop: () => running.counters(),
      network: () => network.counters(),
      chain: () => chain.counters(),
      watching: {
        watches: () => watching.watches.entries(),
        listed: () => watching.listed,
        movements: (after, limit) => readTold(store, after, limit, MAX_TOLD_BYTES),
      },
      metrics,
      logger,
    },
  )
  cleanup.defer(() => http.stop())
  await http.start()
  logger.info('node-started', { member: membership.self, peer_id: network.peerId })
  return {
    membership,
    state: () => running.state,
    http,
    listening: network.listening(),
    finished: broken.promise,
    async stop() {
      stopping.abort()
      await cleanup.disposeAsync()
      broken.resolve()
    },
  }
}

function coreConfig({ federation, self, owners }: Membership, software: string): CoreConfig {
  return { federation, self, owners: owners.map(({ peer_id, root }) => ({ peer_id, root })), software }
}

async function connect({ bitcoind }: NodeConfig): Promise<Bitcoind> {
  const { host, rpc_port: port, credentials } = bitcoind
  if ('cookie_file' in credentials) return connectBitcoind({ host, port, cookieFile: credentials.cookie_file })
  // An RPC password is one program's key to another on the same host; RPC itself sends it in the clear.
  using password = await readPassphraseFile(credentials.password_file)
  const text = password.use((bytes) => new TextDecoder().decode(bytes))
  return connectBitcoind({ host, port, auth: { user: credentials.user, password: text } })
}

async function openNetwork(config: NodeConfig, membership: Membership, ingress: Ingress, logger: Logger): Promise<Network> {
  const { federation, self, keys, owners } = membership
  return await keys.identitySeed.use((identitySeed) =>
    createNetwork(
      {
        identitySeed,
        listen: config.listen,
        topicPrefix: federation.lock_prefix,
        self,
        members: federation.members.map(({ index, peer_id, addresses }) => ({ index, peerId: peer_id, addresses })),
        owners: owners.map(({ peer_id }) => peer_id),
        handlers: ingress.handlers,
      },
      { log: networkLog(logger) },
    ),
  )
}

/** From where the log stands: nothing is missed that happened while the node was down, and nothing is told twice. */
function followChain(
  chain: Chain,
  { durable }: RestoredLog<Durable>,
  { headers }: Loaded,
  ingress: Ingress,
  signal: AbortSignal,
  onBlock: () => void,
): void {
  const { position, recent } = durable
  chain.start({ position, recent, watched: watchedOutpoints(durable), headers }, {
    event: async (event, _position, riders) => {
      await ingress.chain(event, riders, signal)
      if (event.event === 'block-connected') onBlock()
    },
    rows: (riders) => ingress.rows(riders, signal),
  })
}

function isGuarded({ vaults }: Durable, outpoint: Outpoint): boolean {
  return [...vaults.values()].some(({ coins }) => coins.has(outpoint))
}
