/** The composition root: the one place that builds a member's node and takes it down again. */
import { join } from 'node:path'
import { type Bitcoind, connectBitcoind } from '@belfry/bitcoind'
import type { State } from '@belfry/protocol'
import { readPassphraseFile } from '@belfry/keystore'
import { type Networks, createNetworks } from '@belfry/network'
import { noFeeWallet } from './broadcast/fee-bumper.ts'
import { lastBlock } from './chain/index.ts'
import type { NodeConfig } from './config/index.ts'
import { SystemClock } from './effects/system-clock.ts'
import { LostSharesAlarm, Seats, openEpochs } from './epochs/index.ts'
import { brokenBy } from './errors.ts'
import { type FeeWallet, prepareFeeWallet, reserveOf } from './fee-wallet/index.ts'
import { type HttpServer, createHttp } from './http/index.ts'
import { type Logger, movementLog, networkLog } from './logging/index.ts'
import { type Membership, type Place, openMembership } from './membership.ts'
import { createMetrics } from './metrics/index.ts'
import { MovementBook, readTold } from './movements/index.ts'
import { DiskRoom, Store } from './store/index.ts'
import { loadWatching } from './watching/load.ts'
import { Rescan } from './watching/rescan.ts'

/** In one answer: three times as long in JSON, which the command line still takes. */
const MAX_TOLD_BYTES = 4 * 1024 * 1024

export interface NodeModules {
  readonly logger: Logger
  /** e.g. `belfry/0.1.0`, told to peers. */
  readonly software: string
}

export interface RunningNode {
  /** In the newest epoch of this member. */
  readonly place: Place
  /** Of that epoch; to be read only. */
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
  const { locks, epochs } = await openEpochs({ ...membership, store, first: log, logger })
  const [place] = epochs
  const { network: chainName } = place.federation
  const clock = new SystemClock()
  // Before what is watched is read: its descriptor is a part of that.
  const fees = await prepareFeeWallet({ config, network: chainName, store, now: () => clock.now(), logger })
  cleanup.defer(() => fees[Symbol.dispose]())
  const watching = await loadWatching(store, chainName, {
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
    broken.reject(brokenBy(cause))
  }
  const lostShares = new LostSharesAlarm(locks, logger)
  const seats = new Seats(epochs, {
    ...membership, software, bitcoind, zmq: config.bitcoind.zmq, metrics, logger, headers: watching.headers, signal: stopping.signal, fail,
    onEvidence: () => lostShares.look(seats.all),
  }, {
    lastBlock: lastBlock(watching.headers),
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
  })
  cleanup.defer(() => seats.stopChains())
  lostShares.look(seats.all)
  const networks = await openNetworks(config, membership, seats, logger)
  cleanup.defer(() => networks.stop())
  cleanup.defer(() => seats.wipe())
  feeWallet = await fees.open({ bitcoind, ...seats.feeFacts(), watches: watching.watches, logger })
  for (const { outpoint, row } of watching.movements.stored) {
    if (row.received !== null) feeWallet?.restore(outpoint, row.received.script, row.received.value)
  }
  cleanup.defer(() => {
    stopping.abort()
    seats.stop()
  })
  seats.run(networks, feeWallet ?? noFeeWallet)
  const room = new DiskRoom({ dir: join(config.data_dir, 'store') }, { logger })
  void room.run(stopping.signal)
  // Not waited for at the end: it may be asking a bitcoind that does not answer, and leaves nothing half done.
  void feeWallet?.run(stopping.signal)
  const rescan = new Rescan({}, { bitcoind, chain: seats.newest.chain, ...watching, logger, signal: stopping.signal })
  const rescanned = rescan.run().catch(fail)
  cleanup.defer(() => {
    stopping.abort()
    return rescanned
  })

  const http = createHttp(
    { host: config.http.host, port: config.http.port, data_dir: config.data_dir },
    {
      state: () => seats.newest.state,
      shell: () => seats.newest.health(),
      older: () => seats.older.map((seat) => ({ state: seat.state, shell: seat.health() })),
      reserve: () => reserveOf(fees.status(feeWallet)),
      feeWallet: () => fees.status(feeWallet),
      loop: () => seats.newest.counters(),
      network: () => seats.networkCounters(),
      chain: () => seats.newest.chain.counters(),
      room: () => room.free_bytes,
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
  logger.info('node-started', { member: place.self, peer_id: networks.peerId })
  return {
    place,
    state: () => seats.newest.state,
    http,
    listening: networks.listening(),
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

/** One host with one key, however many locks it serves. */
async function openNetworks(config: NodeConfig, { keys, owners }: Membership, seats: Seats, logger: Logger): Promise<Networks> {
  return await keys.identitySeed.use((identitySeed) =>
    createNetworks(
      {
        identitySeed,
        listen: config.listen,
        owners: owners.map(({ peer_id }) => peer_id),
        federations: seats.all.map(({ federation, self, handlers }) => ({
          topicPrefix: federation.lock_prefix,
          self,
          members: federation.members.map(({ index, peer_id, addresses }) => ({ index, peerId: peer_id, addresses })),
          handlers,
        })),
      },
      { log: networkLog(logger) },
    ),
  )
}
