/** The stories of all members, and what else happens, as one stream in the order of time, each once. */
import type { IncidentSummary, IncidentView } from '@belfry/node'
import type { DemoEvent, StoryLine } from './events.ts'

/** What a member knows before its own story says so: it stands in the queue of its loop. */
const LAG_MS = 250

export interface Teller {
  readonly index: number
  readonly isRunning: boolean
  /** Answers null where the member gives none. */
  readonly api: {
    incidents(): Promise<readonly Pick<IncidentSummary, 'incident_id'>[] | null>
    incident(id: string): Promise<Pick<IncidentView, 'story'> | null>
  }
}

export class Timeline {
  readonly #tellers: readonly Teller[]
  /** Lines taken of each story so far: by member and incident. */
  readonly #taken = new Map<string, number>()
  #waiting: DemoEvent[] = []

  constructor(tellers: readonly Teller[]) {
    this.#tellers = tellers
  }

  /** Something that no member's story tells. */
  add(event: DemoEvent): void {
    this.#waiting.push(event)
  }

  /** Asks every running member. @returns what nothing earlier can join any more, in the order of time */
  async advance(): Promise<DemoEvent[]> {
    const asked_at_ms = Date.now()
    await this.#ask()
    return this.#upTo(asked_at_ms - LAG_MS)
  }

  /** Asks once more. @returns all that is left */
  async finish(): Promise<DemoEvent[]> {
    await this.#ask()
    return this.#upTo(Infinity)
  }

  async #ask(): Promise<void> {
    const lines = await Promise.all(this.#tellers.filter(({ isRunning }) => isRunning).map((teller) => this.#newLines(teller)))
    this.#waiting.push(...lines.flat())
  }

  async #newLines({ index, api }: Teller): Promise<DemoEvent[]> {
    const incidents = (await api.incidents()) ?? []
    const lines = await Promise.all(incidents.map(async ({ incident_id }) => {
      const story = (await api.incident(incident_id))?.story ?? []
      const key = `${index}/${incident_id}`
      const taken = this.#taken.get(key) ?? 0
      this.#taken.set(key, Math.max(taken, story.length))
      return story.slice(taken).map(({ at, member, ...rest }): DemoEvent => {
        const line: StoryLine = { by: index, incident_id, member: member?.index ?? null, ...rest }
        return { event: 'story', at_ms: Date.parse(at), line }
      })
    }))
    return lines.flat()
  }

  #upTo(at_ms: number): DemoEvent[] {
    // Stable: what happened in the same millisecond stays in the order of each story.
    const inOrder = this.#waiting.toSorted((a, b) => a.at_ms - b.at_ms)
    this.#waiting = inOrder.filter((event) => event.at_ms > at_ms)
    return inOrder.filter((event) => event.at_ms <= at_ms)
  }
}
