/** The thread of notices.ts. Ends when its socket is closed. */
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { monotonic_ms } from '../reaction/clock.ts'
import type { BlockNotice } from './notices.ts'

/** Of zeromq, which packages/node depends on. */
interface Socket extends AsyncIterable<readonly Uint8Array[]> {
  subscribe(topic: string): void
  connect(address: string): void
  close(): void
}

const nodePackage = createRequire(new URL('../../packages/node/package.json', import.meta.url))
const { Subscriber } = nodePackage('zeromq') as { Subscriber: new (options: { linger: number }) => Socket }

const socket = new Subscriber({ linger: 0 })
socket.subscribe('hashblock')
socket.connect(workerData as string)
parentPort?.once('message', () => socket.close())
for await (const [, body] of socket) {
  const at_ms = monotonic_ms()
  if (body !== undefined) parentPort?.postMessage({ hash: Buffer.from(body).toString('hex'), at_ms } satisfies BlockNotice, [])
}
