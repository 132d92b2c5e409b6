/**
 * A process inside a namespace: it connects and listens there for the test, which is outside, and holds back what others send.
 * The test asks by a socket of the file system, which namespaces share; one line of JSON says what is wanted.
 */
import { type Server, type Socket, connect, createServer } from 'node:net'
import { rmSync } from 'node:fs'

export type Wanted =
  /** From then on the socket is that connection. */
  | { readonly want: 'connect'; readonly host: string; readonly port: number }
  /** Connections to this port go on to there; every byte is held back for so long, in both directions. */
  | { readonly want: 'relay'; readonly port: number; readonly to: { readonly host: string; readonly port: number }; readonly delay_ms: number }
  /** Connections to this address are handed out to the test, which listens on that socket. */
  | { readonly want: 'hand-out'; readonly host: string; readonly port: number; readonly socket: string }
  | { readonly want: 'unlisten'; readonly port: number }
  | { readonly want: 'echo'; readonly port: number }

const READY = 'ok\n'
/** Held back at once, in one direction. */
const MAX_HELD_BYTES = 8 * 1024 * 1024

const listeners = new Map<number, { server: Server; sockets: Set<Socket> }>()

function serve(socket: Socket): void {
  socket.on('error', () => socket.destroy())
  socket.once('data', (first: Buffer) => {
    socket.pause()
    const end = first.indexOf('\n')
    const rest = first.subarray(end + 1)
    if (rest.length > 0) socket.unshift(rest)
    answer(socket, JSON.parse(first.subarray(0, end).toString('utf8')) as Wanted)
  })
}

function answer(socket: Socket, wanted: Wanted): void {
  switch (wanted.want) {
    case 'connect':
      join(socket, connect(wanted.port, wanted.host), 0)
      return
    case 'relay':
      listen(socket, wanted.port, '0.0.0.0', (from) => join(from, connect(wanted.to.port, wanted.to.host), wanted.delay_ms))
      return
    case 'hand-out':
      listen(socket, wanted.port, wanted.host, (from) => join(from, connect(wanted.socket), 0))
      return
    case 'echo':
      listen(socket, wanted.port, '127.0.0.1', (from) => from.pipe(from))
      return
    case 'unlisten': {
      const listener = listeners.get(wanted.port)
      listeners.delete(wanted.port)
      for (const one of listener?.sockets ?? []) one.destroy()
      if (listener === undefined) socket.end(READY)
      else listener.server.close(() => socket.end(READY))
    }
  }
}

function listen(asked: Socket, port: number, host: string, onConnection: (socket: Socket) => void): void {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setNoDelay(true)
    onConnection(socket)
  })
  server.once('error', (error) => asked.end(`${String(error)}\n`))
  server.listen(port, host, () => {
    listeners.set(port, { server, sockets })
    asked.end(READY)
  })
}

/** Both ends share their fate. */
function join(a: Socket, b: Socket, delay_ms: number): void {
  b.setNoDelay(true)
  b.on('error', () => b.destroy())
  a.once('close', () => b.destroy())
  b.once('close', () => a.destroy())
  carry(a, b, delay_ms)
  carry(b, a, delay_ms)
}

function carry(from: Socket, to: Socket, delay_ms: number): void {
  if (delay_ms === 0) {
    from.pipe(to)
    return
  }
  let held = 0
  from.on('data', (chunk: Buffer) => {
    held += chunk.length
    if (held > MAX_HELD_BYTES) from.pause()
    setTimeout(() => {
      held -= chunk.length
      if (held <= MAX_HELD_BYTES) from.resume()
      to.write(chunk)
    }, delay_ms)
  })
  from.on('end', () => setTimeout(() => to.end(), delay_ms))
}

const path = process.argv[2]
if (path !== undefined) {
  rmSync(path, { force: true })
  createServer({ allowHalfOpen: true }, serve).listen(path)
}
