/** What a member's node tells over HTTP, as far as a cluster needs it. */
import { readFile } from 'node:fs/promises'
import type { IncidentSummary, IncidentView, PeerView, Readiness, StatusView, VaultView } from '@belfry/node'
import type { JsonObject } from '../../output/index.ts'

/** Loopback, but the machine may be busy with fourteen others. */
const REQUEST_LIMIT_MS = 10_000

export interface HttpAnswer {
  readonly status: number
  readonly text: string
}

/** Every answer is null where nobody answers, or refuses to. The nodes run the very code of this program. */
export class MemberApi {
  readonly port: number
  readonly #tokenFile: string

  constructor(port: number, tokenFile: string) {
    this.port = port
    this.#tokenFile = tokenFile
  }

  status(): Promise<StatusView | null> {
    return this.#result('status')
  }

  async vaults(): Promise<readonly VaultView[] | null> {
    return (await this.#result<{ vaults: readonly VaultView[] }>('vaults'))?.vaults ?? null
  }

  async incidents(): Promise<readonly IncidentSummary[] | null> {
    return (await this.#result<{ incidents: readonly IncidentSummary[] }>('incidents'))?.incidents ?? null
  }

  /** As plain JSON too, for those who print it. */
  incident(id: string): Promise<(IncidentView & JsonObject) | null> {
    return this.#result(`incidents/${id}`)
  }

  async peers(): Promise<readonly PeerView[] | null> {
    return (await this.#result<{ peers: readonly PeerView[] }>('peers'))?.peers ?? null
  }

  async readiness(): Promise<Readiness | null> {
    const answer = await this.get('/readyz')
    if (answer === null) return null
    const body = JSON.parse(answer.text) as { result?: Readiness; error?: { reasons: Readiness['reasons'] } }
    return body.result ?? { ready: false, reasons: body.error?.reasons ?? [] }
  }

  async #result<T>(what: string): Promise<T | null> {
    const answer = await this.get(`/api/v1/${what}`)
    return answer?.status === 200 ? (JSON.parse(answer.text) as { result: T }).result : null
  }

  /** Any path, as it is; null where nobody answers. */
  async get(path: string): Promise<HttpAnswer | null> {
    try {
      const headers = path.startsWith('/api/') ? { authorization: `Bearer ${await this.#token()}` } : {}
      const signal = AbortSignal.timeout(REQUEST_LIMIT_MS)
      const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { headers, signal })
      return { status: answer.status, text: await answer.text() }
    } catch {
      return null
    }
  }

  /** Read at each request: it is made at the node's first start. */
  async #token(): Promise<string> {
    return (await readFile(this.#tokenFile, 'utf8')).trim()
  }
}
