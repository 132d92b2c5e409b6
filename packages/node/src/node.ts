/** The composition root: the one place that builds a member's node and takes it down again. */
import { join } from 'node:path'
import { type Bitcoind, connectBitcoind } from '@belfry/bitcoind'
import type { State } from '@belfry/protocol'
import { readPassphraseFile } from '@belfry/keystore'
import { type Network, createNetwork } from '@belfry/network'
import { noFeeWallet } from './broadcast/fee-bumper.ts'
import type { NodeConfig } from './config/index.ts'
import { SystemClock } from './effects/system-clock.ts'
import { Seat } from './epochs/index.ts'
import { NodeError } from './errors.ts'
import { type FeeWallet, needsOf, openIncidents, prepareFeeWallet, reserveOf } from './fee-wallet/index.ts'
import { type HttpServer, createHttp } from './http/index.ts'
import { type Logger, movementLog, networkLog } from './logging/index.ts'
import { type Membership, openMembership } from './membership.ts'
import { createMetrics } from './metrics/index.ts'
import { MovementBook, readTold } from './movements/index.ts'
import { Store } from './store/index.ts'
import { loadWatching } from './watching/load.ts'
import { Rescan } from './watching/rescan.ts'

/** In one answer: three times as long in JSON, which the command line still takes. */
const MAX_TOLD_BYTES = 4 * 1024 * 1024

/** Until there is a state to ask: no coin is split. */
const NO_NEEDS = { anyone_can_pay: false, anchored: false }

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
  const { store, log } = await Store.open(join(config.data_dir, 'store'))
  cleanup.defer(() => store.close())
  const clock = new SystemClock()
  // Before what is watched is read: its descriptor is a part of that.
  const fees = await prepareFeeWallet({ config, network: membership.federation.network, store, now: () => clock.now(), logger })
  cleanup.defer(() => fees[Symbol.dispose]())
  const watching = await loadWatching(store, membership.federation.network, {
    onEntries: (read, total) => logger.debug('watches-loaded', { read, total }),
  })

  const bitcoind = await connect(config)
  cleanup.defer(() => bitcoind.close())
  let feeWallet: FeeWallet | null = null
  const logMovement = movementLog(logger)
  const metrics = createMetrics()
  const stopping = new AbortController()
  const broken = Promise.withResolvers<void>()
  const fail = (cause: unknown): void => {
    if (stopping.signal.aborted) return
    logger.error('node-failed', { error: cause })
    broken.reject(new NodeError('broken', 'the node ended', 'Read the log; start it again once the cause is gone.', { cause }))
  }
  const seat = new Seat(membership, {
    ...membership,
    software,
    opened: { disk: store, log },
    bitcoind,
    zmq: config.bitcoind.zmq,
    logger,
    metrics,
    headers: watching.headers,
    wallets: {
      position: null,
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
      onBlock: () => feeWallet?.noteBlock(),
    },
    signal: stopping.signal,
    fail,
  })
  cleanup.defer(() => seat.chain.stop())
  const network = await openNetwork(config, membership, seat, logger)
  cleanup.defer(() => network.stop())
  cleanup.defer(() => seat.wipe())
  feeWallet = await fees.open({
    bitcoind,
    transactions: seat.transactions,
    watches: watching.watches,
    openIncidents: () => (seat.running === null ? new Set() : openIncidents(seat.running)),
    needs: () => (seat.running === null ? NO_NEEDS : needsOf(seat.running)),
    logger,
  })
  for (const { outpoint, row } of watching.movements.stored) {
    if (row.received !== null) feeWallet?.restore(outpoint, row.received.script, row.received.value)
  }
  cleanup.defer(() => {
    stopping.abort()
    seat.stop()
  })
  seat.run(network, feeWallet ?? noFeeWallet)
  // Not waited for at the end: it may be asking a bitcoind that does not answer, and leaves nothing half done.
  void feeWallet?.run(stopping.signal)
  const rescan = new Rescan({}, { bitcoind, chain: seat.chain, ...watching, logger, signal: stopping.signal })
  const rescanned = rescan.run().catch(fail)
  cleanup.defer(() => {
    stopping.abort()
    return rescanned
  })

  const http = createHttp(
    { host: config.http.host, port: config.http.port, data_dir: config.data_dir },
    {
      state: () => seat.state,
      shell: () => seat.health(),
      reserve: () => reserveOf(fees.status(feeWallet)),
      feeWallet: () => fees.status(feeWallet),
      loop: () => seat.counters(),
      network: () => network.counters(),
      chain: () => seat.chain.counters(),
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
    state: () => seat.state,
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

async function connect({ bitcoind }: NodeConfig): Promise<Bitcoind> {
  const { host, rpc_port: port, credentials } = bitcoind
  if ('cookie_file' in credentials) return connectBitcoind({ host, port, cookieFile: credentials.cookie_file })
  // An RPC password is one program's key to another on the same host; RPC itself sends it in the clear.
  using password = await readPassphraseFile(credentials.password_file)
  const text = password.use((bytes) => new TextDecoder().decode(bytes))
  return connectBitcoind({ host, port, auth: { user: credentials.user, password: text } })
}

async function openNetwork(config: NodeConfig, membership: Membership, seat: Seat, logger: Logger): Promise<Network> {
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
        handlers: seat.handlers,
      },
      { log: networkLog(logger) },
    ),
  )
}
