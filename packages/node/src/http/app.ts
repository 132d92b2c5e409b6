/** The routes. All is read-only: nothing that acts is reachable over HTTP. */
import { type IncidentId, isHex32 } from '@belfry/protocol/primitives'
import { Hono } from 'hono'
import type { Metrics, MetricsSources } from '../metrics/index.ts'
import { incidentView, incidentsView, peersView, readiness, statusView, vaultsView, watchesView } from '../views/index.ts'
import type { WatchEntry } from '../wallets/index.ts'
import { JSON_HEADERS, PLAIN_HEADERS, REFUSALS, STATUS, failureBody, successBody } from './answer.ts'
import type { ApiToken } from './api-token.ts'
import { HttpError } from './errors.ts'
import type { Liveness } from './liveness.ts'

export interface AppModules {
  readonly sources: MetricsSources
  readonly metrics: Metrics
  readonly liveness: Liveness
  readonly token: ApiToken
  /** What is watched for a person. */
  readonly watches: () => Iterable<WatchEntry>
  /** A handler threw: a bug. */
  readonly onBug: (error: unknown) => void
}

export function createApp({ sources, metrics, liveness, token, watches, onBug }: AppModules): Hono {
  const { state, shell } = sources
  const app = new Hono()

  app.get('/livez', () => {
    const found = liveness.check()
    return found === 'live' ? success({ live: true }) : failure(notLive(found))
  })
  app.get('/readyz', () => {
    const { ready, reasons } = readiness(state(), shell())
    return ready ? success({ ready, reasons }) : failure(notReady(reasons), { reasons })
  })
  app.get('/metrics', async () => {
    const headers = { ...PLAIN_HEADERS, 'content-type': metrics.content_type }
    return new Response(await metrics.render(sources), { headers })
  })

  app.use('/api/*', async (context, next) => {
    if (token.admits(context.req.header('authorization'))) return await next()
    return failure(REFUSALS.unauthorised())
  })
  app.get('/api/v1/status', () => success(statusView(state(), shell())))
  app.get('/api/v1/vaults', () => success({ vaults: vaultsView(state()) }))
  app.get('/api/v1/incidents', () => success({ incidents: incidentsView(state()) }))
  app.get('/api/v1/incidents/:id', (context) => {
    const id = context.req.param('id')
    const view = isHex32(id) ? incidentView(state(), id as IncidentId) : null
    return view ? success(view) : failure(REFUSALS.noIncident())
  })
  app.get('/api/v1/peers', () => success({ peers: peersView(state()) }))
  app.get('/api/v1/watches', () => success({ watches: watchesView(watches()) }))

  app.notFound(() => failure(REFUSALS.notFound()))
  app.onError((error) => {
    onBug(error)
    return failure(REFUSALS.internal())
  })
  return app
}

/** For a request of which no URL can be made. */
export function malformed(): Response {
  return failure(REFUSALS.malformed())
}

function success(result: unknown): Response {
  return new Response(successBody(result), { headers: JSON_HEADERS })
}

function failure(error: HttpError, more: object = {}): Response {
  const challenge = error.code === 'unauthorised' ? { 'www-authenticate': 'Bearer' } : {}
  return new Response(failureBody(error, more), {
    status: STATUS[error.code],
    headers: { ...JSON_HEADERS, ...challenge },
  })
}

function notLive(found: 'failed' | 'stuck'): HttpError {
  const message = found === 'failed' ? 'The loop of this node has ended.' : 'The loop of this node no longer turns.'
  return new HttpError(
    'not-live',
    message,
    'Restart the node; where it happens again, look at the disk and at node-failed in the log.',
  )
}

function notReady(reasons: readonly { readonly message: string; readonly remedy: string }[]): HttpError {
  return new HttpError(
    'not-ready',
    reasons.map(({ message }) => message).join(' '),
    reasons.map(({ remedy }) => remedy).join(' '),
  )
}
