/** The routes. All is read-only: nothing that acts is reachable over HTTP. */
import type { State } from '@belfry/protocol'
import { type IncidentId, isHex32 } from '@belfry/protocol/primitives'
import { Hono } from 'hono'
import type { Metrics, MetricsSources } from '../metrics/index.ts'
import type { ToldMovement } from '../movements/index.ts'
import {
  drillsView, evidenceView, feeWalletView, incidentView, incidentsView, movementsView, nodeReadiness, peersView, statusView, vaultsView, watchesView,
} from '../views/index.ts'
import type { WatchEntry } from '../wallets/index.ts'
import { JSON_HEADERS, PLAIN_HEADERS, REFUSALS, STATUS, failureBody, successBody } from './answer.ts'
import type { ApiToken } from './api-token.ts'
import { HttpError } from './errors.ts'
import type { Liveness } from './liveness.ts'

/** What a node watches for a person, and what it has told of it. */
export interface WatchingSources {
  readonly watches: () => Iterable<WatchEntry>
  /** How many coins are on its list of outpoints. */
  readonly listed: () => number
  /** What was told after this number, the oldest first; not more than that, and fewer where they are long. */
  readonly movements: (after: number, limit: number) => Promise<readonly ToldMovement[]>
}

export interface AppModules {
  readonly sources: MetricsSources
  readonly metrics: Metrics
  readonly liveness: Liveness
  readonly token: ApiToken
  readonly watching: WatchingSources
  /** A handler threw: a bug. */
  readonly onBug: (error: unknown) => void
}

const DEFAULT_MOVEMENTS = 100
const MAX_MOVEMENTS = 1_000

export function createApp({ sources, metrics, liveness, token, watching, onBug }: AppModules): Hono {
  const { state, shell, older, reserve, feeWallet } = sources
  const states = (): State[] => [state(), ...older().map((epoch) => epoch.state)]
  const app = new Hono()

  app.get('/livez', () => {
    const found = liveness.check()
    return found === 'live' ? success({ live: true }) : failure(notLive(found))
  })
  app.get('/readyz', () => {
    const { ready, reasons } = nodeReadiness({ state: state(), shell: shell() }, older())
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
  app.get('/api/v1/status', () => success(statusView(state(), shell(), older())))
  app.get('/api/v1/vaults', () => success({ vaults: states().flatMap((one) => vaultsView(one, reserve())) }))
  app.get('/api/v1/incidents', () => success({ incidents: states().flatMap(incidentsView) }))
  app.get('/api/v1/incidents/:id', (context) => {
    const id = context.req.param('id')
    const of = ofEpoch(states(), context.req.query('epoch'))
    const view = isHex32(id) ? of.map((one) => incidentView(one, id as IncidentId)).find((found) => found !== null) : null
    return view ? success(view) : failure(REFUSALS.noIncident())
  })
  app.get('/api/v1/drills', () => success({ drills: states().flatMap(drillsView) }))
  app.get('/api/v1/evidence', () => success({ evidence: states().flatMap(evidenceView) }))
  app.get('/api/v1/peers', (context) => {
    const [of] = ofEpoch(states(), context.req.query('epoch'))
    return of ? success({ peers: peersView(of) }) : failure(REFUSALS.noEpoch())
  })
  app.get('/api/v1/fee-wallet', () => success(feeWalletView(state(), feeWallet())))
  app.get('/api/v1/watches', () =>
    success({ watches: watchesView(watching.watches()), listed_outpoints: watching.listed() }))
  app.get('/api/v1/movements', async (context) => {
    const page = pageOf(context.req.query())
    if (page === null) return failure(REFUSALS.query())
    const told = await watching.movements(page.after, page.limit)
    return success({ movements: movementsView(told, watching.watches()) })
  })

  app.notFound(() => failure(REFUSALS.notFound()))
  app.onError((error) => {
    onBug(error)
    return failure(REFUSALS.internal())
  })
  return app
}

/** All where none is asked for, the newest first. */
function ofEpoch(states: readonly State[], epoch: string | undefined): readonly State[] {
  return epoch === undefined ? states : states.filter(({ config }) => String(config.federation.epoch) === epoch)
}

/** Null for what is no page. */
function pageOf({ after = '0', limit = String(DEFAULT_MOVEMENTS) }: Readonly<Record<string, string>>): Page | null {
  const page = { after: wholeNumber(after), limit: wholeNumber(limit) }
  return page.after >= 0 && page.limit >= 1 && page.limit <= MAX_MOVEMENTS ? page : null
}

interface Page {
  readonly after: number
  readonly limit: number
}

/** −1 for what is none. */
function wholeNumber(text: string): number {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : -1
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
