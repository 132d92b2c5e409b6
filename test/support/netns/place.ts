/** One namespace as the test uses it: what runs there, what it reaches there, and what the network does to it. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Server, type Socket, connect, createServer } from 'node:net'
import { promisify } from 'node:util'
import { type ExitGuard, type GuardedProcess, type Place as BitcoindPlace, pollUntil, startProcess } from '../../../packages/bitcoind/src/index.ts'
import type { Wanted } from './insider.ts'
import { inNamespace } from './wires.ts'

const run = promisify(execFile)
const START_LIMIT_MS = 20_000
const LOOPBACK = '127.0.0.1'

export interface PlaceInit {
  readonly namespace: string
  readonly host: string
  /** Takes the socket, and what its process writes. */
  readonly dir: string
  readonly exitGuard: ExitGuard
  readonly nft: string
}

export class Place implements BitcoindPlace {
  readonly host: string
  readonly command: readonly string[]
  readonly #init: PlaceInit
  readonly #insider: GuardedProcess
  /** Open to here, by port. */
  readonly #servers = new Map<number, { server: Server; sockets: Set<Socket> }>()

  private constructor(init: PlaceInit, insider: GuardedProcess) {
    this.#init = init
    this.#insider = insider
    this.host = init.host
    const [program, args] = inNamespace(init.namespace, [])
    this.command = [program, ...args]
  }

  static async open(init: PlaceInit): Promise<Place> {
    const [program, args] = inNamespace(init.namespace, [process.execPath, join(import.meta.dirname, 'insider.ts'), socketOf(init)])
    const insider = await startProcess({ what: 'a process in a namespace', program, args, dataDir: init.dir, exitGuard: init.exitGuard })
    const place = new Place(init, insider)
    await pollUntil('the start of a process in a namespace', START_LIMIT_MS, async () => {
      const socket = connect(socketOf(init))
      try {
        await once(socket, 'connect')
        return true
      } catch {
        return false
      } finally {
        socket.destroy()
      }
    })
    return place
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.keys()].map((port) => this.unreach(port)))
    this.#insider.signal('SIGTERM')
    await this.#insider.exited
  }

  async reach(port: number): Promise<void> {
    await this.#forward(port, LOOPBACK, port)
  }

  /** @returns the port of the loopback here that leads to there, as seen from this place */
  async reachOther(host: string, port: number): Promise<number> {
    return await this.#forward(0, host, port)
  }

  async unreach(port: number): Promise<void> {
    const open = this.#servers.get(port)
    this.#servers.delete(port)
    if (open === undefined) return
    const closed = once(open.server, 'close')
    open.server.close()
    for (const socket of open.sockets) socket.destroy()
    await closed
  }

  async #forward(here: number, host: string, port: number): Promise<number> {
    return await this.#listen({ port: here, host: LOOPBACK }, (socket) => {
      const inside = connect(socketOf(this.#init))
      inside.write(lineOf({ want: 'connect', host, port }))
      joinSockets(socket, inside)
    })
  }

  /** Who connects there is connected with this port of the loopback here. */
  async handOut(port: number, here: number): Promise<void> {
    const socket = join(this.#init.dir, `out-${port}.sock`)
    await this.#listen({ path: socket }, (incoming) => joinSockets(incoming, connect(here, LOOPBACK)))
    await this.ask({ want: 'hand-out', host: this.host, port, socket })
  }

  async #listen(where: { readonly port: number; readonly host: string } | { readonly path: string }, onConnection: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>()
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      onConnection(socket)
    })
    server.listen(where)
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : -this.#servers.size - 1
    this.#servers.set(port, { server, sockets })
    return port
  }

  /** Until it is so. */
  async ask(wanted: Wanted): Promise<void> {
    const socket = connect(socketOf(this.#init))
    socket.write(lineOf(wanted))
    let said = ''
    for await (const chunk of socket) said += String(chunk)
    if (said !== 'ok\n') throw new Error(`${wanted.want} in ${this.#init.namespace}: ${said || 'no answer'}`)
  }

  /** All rules of this place from now on, in nft's words: lines of chains. */
  async rule(chains: readonly string[]): Promise<void> {
    const rules = ['table inet belfry', 'delete table inet belfry', 'table inet belfry {', ...chains, '}', '']
    const loading = run(...inNamespace(this.#init.namespace, [this.#init.nft, '-f', '-']))
    loading.child.stdin?.end(rules.join('\n'))
    await loading
  }
}

function socketOf({ dir }: PlaceInit): string {
  return join(dir, 'insider.sock')
}

function lineOf(wanted: Wanted): string {
  return `${JSON.stringify(wanted)}\n`
}

function joinSockets(a: Socket, b: Socket): void {
  for (const [one, other] of [[a, b], [b, a]] as const) {
    one.setNoDelay(true)
    one.on('error', () => one.destroy())
    one.once('close', () => other.destroy())
    one.pipe(other)
  }
}
