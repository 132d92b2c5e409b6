/**
 * The witness's own thread: it does nothing but hear and stamp, so that a stamp does not wait for what the benchmark does
 * meanwhile. Ends when its sockets are closed.
 */
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { monotonic_ms } from './clock.ts'
import type { Notice } from './witness.ts'

/** Of zeromq, which packages/node depends on. */
interface SequenceSocket extends AsyncIterable<readonly Uint8Array[]> {
  subscribe(topic: string): void
  connect(address: string): void
  close(): void
}

const nodePackage = createRequire(new URL('../../packages/node/package.json', import.meta.url))
const { Subscriber } = nodePackage('zeromq') as { Subscriber: new (options: { linger: number }) => SequenceSocket }

const HASH_BYTES = 32
const KINDS: ReadonlyMap<string, Notice['kind']> = new Map([['A', 'accepted'], ['C', 'connected']])

function listen(address: string, node: number): SequenceSocket {
  const socket = new Subscriber({ linger: 0 })
  socket.subscribe('sequence')
  socket.connect(address)
  void hear(socket, node)
  return socket
}

async function hear(socket: SequenceSocket, node: number): Promise<void> {
  for await (const [, body] of socket) {
    const at_ms = monotonic_ms()
    if (body === undefined) continue
    const kind = KINDS.get(String.fromCharCode(body[HASH_BYTES] ?? 0))
    const id = Buffer.from(body.subarray(0, HASH_BYTES)).toString('hex')
    if (kind !== undefined) parentPort?.postMessage({ kind, id, node, at_ms } satisfies Notice, [])
  }
}

const sockets = (workerData as readonly string[]).map(listen)
parentPort?.once('message', () => {
  for (const socket of sockets) socket.close()
})
