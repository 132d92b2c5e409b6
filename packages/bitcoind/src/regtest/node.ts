import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bitcoind, connectBitcoind } from '../client.ts'
import { BitcoindError } from '../errors.ts'
import { Fields, list } from '../parse.ts'
import { pollUntil } from './poll.ts'
import { findFreePorts } from './ports.ts'
import { type ExitGuard, type GuardedProcess, startProcess } from './process.ts'

export interface ZmqAddresses {
  /** `tcp://127.0.0.1:port`. */
  readonly rawblock: string
  readonly rawtx: string
  readonly sequence: string
}

/** One regtest bitcoind. Its ports and directory stay the same over restarts. */
export interface RegtestNode {
  readonly index: number
  readonly dataDir: string
  readonly rpcPort: number
  readonly p2pPort: number
  /** Where other bitcoinds reach it: `host:port`. */
  readonly p2pAddress: string
  readonly cookieFile: string
  readonly zmq: ZmqAddresses
  /** Stays usable over restarts. */
  readonly bitcoind: Bitcoind
  /** null while it does not run. */
  readonly pid: number | null
  /** Ends it as an operator would, by SIGTERM; after 20 s by SIGKILL. Nothing to do when it does not run. */
  stop(): Promise<void>
  /** SIGKILL. What it had not written yet is lost: it may come back at an older tip, and with an empty mempool. */
  kill(): Promise<void>
  /** Stops it when it runs, starts it again, and connects it to the nodes it was connected to. @throws BitcoindError start-failed, stalled */
  restart(): Promise<void>
  /** Both see the connection when this returns. Nothing to do when there is one. */
  connectTo(other: RegtestNode): Promise<void>
  /** Neither sees a connection to the other when this returns, whoever made it. */
  disconnectFrom(other: RegtestNode): Promise<void>
}

/** Where a bitcoind runs, when that is not simply here: in a network namespace of its own. */
export interface Place {
  /** Its address for other bitcoinds. What else it listens on is loopback, there. */
  readonly host: string
  /** The program with its first arguments that runs the command given after them in that place. */
  readonly command: readonly string[]
  /** Makes a port of the loopback there answer at the same port of the loopback here, before anybody listens on it. */
  reach(port: number): Promise<void>
}

export interface NodeOptions {
  readonly index: number
  readonly dataDir: string
  readonly program: string
  readonly extraArgs: readonly string[]
  /** null: it outlives this process. */
  readonly exitGuard: ExitGuard | null
  /** Default: here, on loopback. */
  readonly place?: Place | undefined
}

const LOOPBACK = '127.0.0.1'
const PORT_USES = ['rpc', 'p2p', 'rawblock', 'rawtx', 'sequence'] as const
type Ports = Readonly<Record<(typeof PORT_USES)[number], number>>

/** Other tests on the same machine probe for ports too. */
const MAX_START_TRIES = 5
/** With all cores busy elsewhere; 0.6 s is usual. */
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 20_000
const PEER_LIMIT_MS = 30_000

/** Its ports stay the same where it is started again: who only probes for one holds it for an instant. */
class PortTaken extends BitcoindError {
  constructor(message: string) {
    super('start-failed', message)
  }
}

/** It has one exit code for all that goes wrong at its start. */
const SAID_OF_A_PORT = /Unable to bind to|Unable to start HTTP server/

/** Creates the directory, and starts it. @throws BitcoindError start-failed, stalled */
export async function startNode(options: NodeOptions): Promise<RegtestNode> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  for (let tries = 1; ; tries++) {
    const node = new BitcoindNode(options, await findFreePorts(PORT_USES))
    try {
      await options.place?.reach(node.rpcPort)
      await node.start()
      return node
    } catch (error) {
      await node.kill()
      node.bitcoind.close()
      // Most likely somebody took a port.
      const again = error instanceof BitcoindError && error.code === 'start-failed' && tries < MAX_START_TRIES
      if (!again) throw error
    }
  }
}

class BitcoindNode implements RegtestNode {
  readonly index: number
  readonly dataDir: string
  readonly rpcPort: number
  readonly p2pPort: number
  readonly p2pAddress: string
  readonly cookieFile: string
  readonly zmq: ZmqAddresses
  readonly bitcoind: Bitcoind

  private readonly options: NodeOptions
  private process: GuardedProcess | null = null
  /** It answers: one that only runs, while it reads its blocks, has no peers that it could tell of. */
  private answers = false
  private readonly neighbours = new Set<RegtestNode>()

  constructor(options: NodeOptions, ports: Ports) {
    this.options = options
    this.index = options.index
    this.dataDir = options.dataDir
    this.rpcPort = ports.rpc
    this.p2pPort = ports.p2p
    this.p2pAddress = `${options.place?.host ?? LOOPBACK}:${ports.p2p}`
    this.cookieFile = join(options.dataDir, 'regtest', '.cookie')
    this.zmq = {
      rawblock: `tcp://127.0.0.1:${ports.rawblock}`,
      rawtx: `tcp://127.0.0.1:${ports.rawtx}`,
      sequence: `tcp://127.0.0.1:${ports.sequence}`,
    }
    this.bitcoind = connectBitcoind({ port: ports.rpc, cookieFile: this.cookieFile })
  }

  get pid(): number | null {
    return this.process === null || this.process.hasExited() ? null : this.process.pid
  }

  async start(): Promise<void> {
    const { dataDir, exitGuard, place } = this.options
    const [program = this.options.program, ...args] = [...(place?.command ?? []), this.options.program, ...this.args()]
    const started = await startProcess({ what: 'bitcoind', program, args, dataDir, exitGuard })
    this.process = started
    await pollUntil('a start of bitcoind', START_LIMIT_MS, async () => {
      if (started.hasExited()) {
        const said = `bitcoind ended at its start: ${await started.lastWords()}`
        throw SAID_OF_A_PORT.test(said) ? new PortTaken(said) : new BitcoindError('start-failed', said)
      }
      return this.isReady()
    })
    // It goes on without events when one of their ports is taken.
    if ((await this.bitcoind.getZmqNotifications()).length < Object.keys(this.zmq).length) {
      throw new PortTaken('bitcoind publishes no events')
    }
    this.answers = true
  }

  async stop(): Promise<void> {
    const running = this.process
    this.answers = false
    if (running === null) return
    running.signal('SIGTERM')
    const giveUp = new AbortController()
    const tooSlow = sleep(STOP_LIMIT_MS, undefined, { signal: giveUp.signal, ref: false })
      .then(() => running.signal('SIGKILL'), () => undefined)
    await running.exited
    giveUp.abort()
    await tooSlow
    this.process = null
  }

  async kill(): Promise<void> {
    this.answers = false
    this.process?.signal('SIGKILL')
    await this.process?.exited
    this.process = null
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.startAgain()
    // Of several that are restarted at once, the one that is ready later dials the other.
    const there = [...this.neighbours].filter((other) => other.pid !== null && (!(other instanceof BitcoindNode) || other.answers))
    await Promise.all(there.map((other) => this.dial(other)))
  }

  private async startAgain(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.start()
      } catch (error) {
        await this.stop()
        if (!(error instanceof PortTaken) || tries === MAX_START_TRIES) throw error
      }
    }
  }

  async connectTo(other: RegtestNode): Promise<void> {
    this.neighbours.add(other)
    if (other instanceof BitcoindNode) other.neighbours.add(this)
    await this.dial(other)
  }

  async disconnectFrom(other: RegtestNode): Promise<void> {
    this.neighbours.delete(other)
    if (other instanceof BitcoindNode) other.neighbours.delete(this)
    await hangUp(this, other)
    await hangUp(other, this)
  }

  private async dial(other: RegtestNode): Promise<void> {
    if (await isConnected(this, other)) return
    await this.bitcoind.rpc.call('addnode', [other.p2pAddress, 'onetry'])
    await pollUntil('a connection between two nodes', PEER_LIMIT_MS, () => isConnected(this, other))
  }

  /**
   * Every failure is a "not yet": somebody else may listen there, and a bitcoind that found a port taken refuses calls while it
   * ends (HTTP 503). Its end, or the limit, decides.
   */
  private async isReady(): Promise<boolean> {
    try {
      await this.bitcoind.getBlockchainInfo()
      return true
    } catch (error) {
      if (error instanceof BitcoindError) return false
      throw error
    }
  }

  private args(): string[] {
    return [
      '-regtest', `-datadir=${this.dataDir}`, '-server=1', '-printtoconsole=0',
      `-rpcport=${this.rpcPort}`, '-rpcbind=127.0.0.1', '-rpcallowip=127.0.0.1', '-rest=1',
      '-listen=1', `-bind=${this.p2pAddress}`, '-listenonion=0', '-discover=0',
      '-dns=0', '-dnsseed=0', '-fixedseeds=0', '-natpmp=0',
      `-zmqpubrawblock=${this.zmq.rawblock}`, `-zmqpubrawtx=${this.zmq.rawtx}`, `-zmqpubsequence=${this.zmq.sequence}`,
      '-disablewallet=1', '-txindex=1', '-fallbackfee=0.0001', '-dbcache=16', '-par=1',
      ...this.options.extraArgs,
    ]
  }
}

/** A link: its addresses at the dialling and at the listening end. */
interface Peer {
  readonly inbound: boolean
  /** The other end. */
  readonly address: string
  /** This end. */
  readonly boundTo: string
  readonly handshakeDone: boolean
}

async function peersOf(node: RegtestNode): Promise<Peer[]> {
  return list(await node.bitcoind.rpc.call('getpeerinfo'), 'getpeerinfo', (value, what) => {
    const peer = new Fields(value, what)
    return {
      inbound: peer.flag('inbound'),
      address: peer.text('addr'),
      boundTo: peer.has('addrbind') ? peer.text('addrbind') : '',
      handshakeDone: peer.integer('version') > 0,
    }
  })
}

/** Whether either dialled the other, and both have shaken hands. */
async function isConnected(a: RegtestNode, b: RegtestNode): Promise<boolean> {
  const [peersOfA, peersOfB] = await Promise.all([peersOf(a), peersOf(b)])
  return hasLink(peersOfA, peersOfB, b) || hasLink(peersOfB, peersOfA, a)
}

function hasLink(ofDialler: readonly Peer[], ofListener: readonly Peer[], listener: RegtestNode): boolean {
  return ofDialler.some((out) => !out.inbound && out.handshakeDone && out.address === listener.p2pAddress &&
    ofListener.some((incoming) => incoming.inbound && incoming.handshakeDone && incoming.address === out.boundTo))
}

/** Ends the links that `dialler` made to `listener`. */
async function hangUp(dialler: RegtestNode, listener: RegtestNode): Promise<void> {
  if (dialler.pid === null) return
  const links = (await peersOf(dialler)).filter((peer) => !peer.inbound && peer.address === listener.p2pAddress)
  for (const _link of links) await dialler.bitcoind.rpc.call('disconnectnode', [listener.p2pAddress])
  const ends = new Set(links.map(({ boundTo }) => boundTo))
  await pollUntil('the end of a connection', PEER_LIMIT_MS, async () => {
    const left = (await peersOf(dialler)).some((peer) => !peer.inbound && peer.address === listener.p2pAddress)
    if (left || listener.pid === null) return !left
    return !(await peersOf(listener)).some((peer) => peer.inbound && ends.has(peer.address))
  })
}
