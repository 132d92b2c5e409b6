import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

export interface StrangeServer {
  readonly port: number
  /** How many connections it has had. */
  connections(): number
  close(): Promise<void>
}

/**
 * Something on bitcoind's port that answers as the test wants.
 * @param onRequest called with each whole HTTP request (its head and body) and the connection it came by
 */
export async function startStrangeServer(onRequest: (request: string, socket: Socket) => void): Promise<StrangeServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const end = requestEnd(received)
      if (end === null) return
      const request = received.slice(0, end)
      received = received.slice(end)
      onRequest(request, socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    port: address.port,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The HTTP answer with this status and body. */
export function answer(status: number, body: string): string {
  return `HTTP/1.1 ${status} Said\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** The id of the JSON-RPC call in a request. */
export function idOf(request: string): number {
  return Number(/"id":(\d+)/.exec(request)?.[1])
}

export function success(request: string, result: unknown): string {
  return answer(200, JSON.stringify({ jsonrpc: '2.0', result, id: idOf(request) }))
}

function requestEnd(received: string): number | null {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
  const end = headEnd + 4 + length
  return received.length < end ? null : end
}
