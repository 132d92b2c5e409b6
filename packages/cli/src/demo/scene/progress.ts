/** What the stream of events has come to: whether there is a clawback, and how long it took. */
import type { DemoEvent, StoryLine } from './events.ts'

interface Clawback {
  readonly txid: string
  readonly sat_vb: number | null
}

export class Progress {
  /** Members that voted. */
  readonly voters = new Set<number>()
  /** Members whose own chain holds the theft. */
  readonly confirmedTheft = new Set<number>()
  /** Blocks since the theft was submitted. */
  blocks = 0
  #submitted_at_ms: number | null = null
  #first_seen_at_ms: number | null = null
  #accepted_at_ms: number | null = null
  /** By member: the recovery transaction that its own chain holds. */
  readonly #confirmed = new Map<number, Clawback>()

  take(event: DemoEvent): void {
    if (event.event === 'theft-submitted') this.#submitted_at_ms = event.at_ms
    if (event.event === 'block-mined' && this.#submitted_at_ms !== null) this.blocks += 1
    if (event.event === 'story') this.#takeLine(event.line, event.at_ms)
  }

  #takeLine(line: StoryLine, at_ms: number): void {
    switch (line.event) {
      case 'trigger-seen':
        this.#first_seen_at_ms ??= at_ms
        return
      case 'trigger-confirmed':
        this.#first_seen_at_ms ??= at_ms
        this.confirmedTheft.add(line.by)
        return
      case 'voted':
      case 'vote-received':
        this.voters.add(line.member ?? line.by)
        return
      case 'broadcast':
      case 'recovery-seen':
        this.#accepted_at_ms ??= at_ms
        return
      case 'recovery-confirmed':
        this.#accepted_at_ms ??= at_ms
        if (line.txid !== null) this.#confirmed.set(line.by, { txid: line.txid, sat_vb: line.sat_vb })
        return
      case 'recovery-unconfirmed':
        this.#confirmed.delete(line.by)
        return
      default:
    }
  }

  /** The clawback that the chains of all these members hold; null while one of them lacks it. */
  clawbackAt(members: readonly { readonly index: number }[]): Clawback | null {
    const [first, ...others] = members.map(({ index }) => this.#confirmed.get(index) ?? null)
    if (first === undefined || first === null) return null
    return others.every((other) => other?.txid === first.txid) ? first : null
  }

  get theft_to_clawback_ms(): number | null {
    return span(this.#submitted_at_ms, this.#accepted_at_ms)
  }

  get first_seen_to_clawback_ms(): number | null {
    return span(this.#first_seen_at_ms, this.#accepted_at_ms)
  }
}

function span(from_ms: number | null, to_ms: number | null): number | null {
  return from_ms === null || to_ms === null ? null : Math.max(0, to_ms - from_ms)
}
