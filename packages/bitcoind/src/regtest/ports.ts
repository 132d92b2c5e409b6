import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { BitcoindError } from '../errors.ts'

/**
 * Below the ports that Linux (32768) and others (49152) give to outgoing connections, so that a port which is free now,
 * or given up for the moment of a restart, is not taken by a connection; above what services usually listen on.
 */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000
const MAX_TRIES_PER_PORT = 50

/**
 * Finds a port on 127.0.0.1, that nobody listens on, for each use. Somebody else may still take one before it is used:
 * the caller tries again with others then.
 * @throws BitcoindError start-failed when there are none
 */
export async function findFreePorts<Use extends string>(uses: readonly Use[]): Promise<Record<Use, number>> {
  const found = new Set<number>()
  for (let tries = uses.length * MAX_TRIES_PER_PORT; tries > 0 && found.size < uses.length; tries--) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    if (!found.has(port) && await isFree(port)) found.add(port)
  }
  if (found.size < uses.length) {
    throw new BitcoindError('start-failed', `there are no ${uses.length} free ports on 127.0.0.1`)
  }
  const ports = [...found]
  return Object.fromEntries(uses.map((use, i) => [use, ports[i]])) as Record<Use, number>
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true })
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
