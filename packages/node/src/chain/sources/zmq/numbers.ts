import { TOPICS, type ZmqTopic } from './message.ts'

/** Messages were lost, or may have been. */
export interface ZmqGap {
  /** Null: of a message that names none. */
  readonly topic: ZmqTopic | null
  /** The number that was due; null where none is known. */
  readonly expected: number | null
  /** The number that came; null where none did. */
  readonly got: number | null
  readonly reason: GapReason
}

export type GapReason =
  /** Numbers were left out: between `expected` and `got`, so many messages are lost. */
  | 'number'
  /** The number went back: bitcoind was restarted, or its publisher was. */
  | 'restart'
  /** The first message of a topic over a connection: those before it were missed. */
  | 'first'
  /** The connection was lost. */
  | 'disconnect'
  /** It could not be read. */
  | 'malformed'

/** A number so far ahead is behind: it has 32 bits, and starts anew at their end. */
const BEHIND = 2 ** 31

/** The numbers of the messages, by topic. */
export class Numbers {
  private readonly last = new Map<ZmqTopic, number>()

  /** Whether a message came since all were forgotten. */
  get isEmpty(): boolean {
    return this.last.size === 0
  }

  /** Null when it is the next one. */
  note(topic: ZmqTopic, got: number): ZmqGap | null {
    const last = this.last.get(topic)
    this.last.set(topic, got)
    if (last === undefined) return { topic, expected: null, got, reason: 'first' }
    const expected = (last + 1) >>> 0
    if (got === expected) return null
    return { topic, expected, got, reason: (got - expected) >>> 0 < BEHIND ? 'number' : 'restart' }
  }

  /** The one that is due, as far as it is known. */
  expected(topic: ZmqTopic): number | null {
    const last = this.last.get(topic)
    return last === undefined ? null : (last + 1) >>> 0
  }

  /** Whatever comes next may not follow on what came last. */
  forget(topics: readonly ZmqTopic[] = TOPICS): void {
    for (const topic of topics) this.last.delete(topic)
  }
}
