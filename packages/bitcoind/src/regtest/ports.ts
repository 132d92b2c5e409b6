import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { BitcoindError } from '../errors.ts'

interface Range {
  readonly first: number
  /** All of them are below. */
  readonly end: number
}

/**
 * Below the ports that Linux (32768) and others (49152) give to outgoing connections, so that a port which is free now,
 * or given up for the moment of a restart, is not taken by a connection; above what services usually listen on.
 */
const PORTS: Range = { first: 20_000, end: 32_000 }
const MAX_TRIES_PER_PORT = 50

/**
 * Of runs that go on side by side each is given a part of these by BELFRY_TEST_PORTS, as in `20000-26000`: members of a cluster have
 * their ports some seconds before they listen on them.
 */
function portsOf(given: string | undefined): Range {
  if (given === undefined) return PORTS
  const [first = NaN, end = NaN] = given.split('-').map(Number)
  if (Number.isInteger(first) && Number.isInteger(end) && first >= 1024 && end > first && end <= PORTS.end) return { first, end }
  throw new BitcoindError('start-failed', `BELFRY_TEST_PORTS has the form 20000-26000, with the second not above ${PORTS.end}`)
}

/**
 * Finds a port on 127.0.0.1, that nobody listens on, for each use. Somebody else may still take one before it is used:
 * the caller tries again with others then.
 * @throws BitcoindError start-failed when there are none, or BELFRY_TEST_PORTS is no range
 */
export async function findFreePorts<Use extends string>(uses: readonly Use[]): Promise<Record<Use, number>> {
  const { first, end } = portsOf(process.env['BELFRY_TEST_PORTS'])
  const found = new Set<number>()
  for (let tries = uses.length * MAX_TRIES_PER_PORT; tries > 0 && found.size < uses.length; tries--) {
    const port = randomInt(first, end)
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
