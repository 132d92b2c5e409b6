import { type Server, createServer } from 'node:http'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { invariant } from '@belfry/protocol/primitives'
import { isLoopback } from '../config/index.ts'
import type { Logger } from '../logging/index.ts'
import type { Metrics, MetricsSources } from '../metrics/index.ts'
import { admit, onClientError } from './admission.ts'
import { API_TOKEN_FILE, ApiToken } from './api-token.ts'
import { type WatchingSources, createApp, malformed } from './app.ts'
import { HttpError } from './errors.ts'
import { HTTP_LIMITS, type HttpLimits } from './limits.ts'
import { Liveness } from './liveness.ts'

export interface HttpInit {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** `api-token` lies here, or is made. */
  readonly data_dir: string
  /** A loop that stands for this long is stuck: some heartbeats, and more than the slowest write of a snapshot. */
  readonly stuck_after_ms?: number
  readonly limits?: Partial<HttpLimits>
}

export interface HttpModules extends MetricsSources {
  readonly metrics: Metrics
  readonly logger: Logger
  readonly watching: WatchingSources
  /** For liveness; milliseconds that never run backwards. */
  readonly now?: () => number
}

export interface HttpServer {
  /** @throws HttpError listen-failed, token-unusable */
  start(): Promise<void>
  /** As bound; the configured one before `start`. */
  readonly port: number
  /** Ends every connection. Safe to repeat, and before `start`. */
  stop(): Promise<void>
}

const STUCK_AFTER_MS = 120_000

/** Nothing is opened before `start`. */
export function createHttp(init: HttpInit, modules: HttpModules): HttpServer {
  const limits = { ...HTTP_LIMITS, ...init.limits }
  let server: Server | null = null
  let port = init.port

  return {
    get port() {
      return port
    },

    async start() {
      invariant(server === null, 'a server is started once')
      const token = await ApiToken.open(join(init.data_dir, API_TOKEN_FILE), (fault) => {
        modules.logger.warn('api-token-replaced', { detail: fault })
      })
      const opened = assemble(init, limits, modules, token)
      port = await listen(opened, init)
      // A connection that the system could not hand over: unheard, this would end the whole node.
      opened.on('error', (error) => modules.logger.warn('http-failed', { error }))
      server = opened
      modules.logger.info('http-started', { host: init.host, port })
    },

    async stop() {
      if (server === null) return
      const closing = server
      server = null
      await new Promise<void>((resolve) => {
        closing.close(() => resolve())
        closing.closeAllConnections()
      })
      modules.logger.info('http-stopped')
    },
  }
}

function assemble(init: HttpInit, limits: HttpLimits, modules: HttpModules, token: ApiToken): Server {
  const { metrics, logger, watching, now = () => performance.now() } = modules
  const liveness = new Liveness({ limit_ms: init.stuck_after_ms ?? STUCK_AFTER_MS }, { loop: modules.loop, now })
  const onBug = (error: unknown): void => logger.error('http-failed', { error })
  const app = createApp({ sources: modules, metrics, liveness, token, watching, onBug })
  const serve = getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: () => malformed() })
  const server = createServer(
    {
      maxHeaderSize: limits.max_header_bytes,
      requestTimeout: limits.request_timeout_ms,
      headersTimeout: limits.request_timeout_ms,
      keepAliveTimeout: limits.idle_timeout_ms,
      connectionsCheckingInterval: limits.check_interval_ms,
    },
    admit({ ...limits, loopback_only: isLoopback(init.host) }, (request, response) => {
      serve(request, response).catch(onBug)
    }),
  )
  server.maxConnections = limits.max_connections
  server.maxHeadersCount = limits.max_headers
  server.maxRequestsPerSocket = limits.max_requests_per_connection
  server.setTimeout(limits.idle_timeout_ms)
  server.on('clientError', onClientError)
  return server
}

async function listen(server: Server, { host, port }: HttpInit): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new HttpError(
      'listen-failed',
      `cannot listen on ${host} port ${port} (${code})`,
      code === 'EADDRINUSE'
        ? 'Set http.port to another one, or 0 for any; or stop the other process.'
        : 'Check http.host and http.port.',
    )
  }
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
