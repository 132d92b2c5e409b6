/** What anti-entropy is made of: kinds of things that members tell by digest, ask for by Pull, and hand over as signed. */
import type { Heartbeat } from '../messages/heartbeat.ts'
import { type Hash32, type MemberIndex, sortedEntries } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'

/** `Told`: its fields of a heartbeat. `Asked`: an entry of its list in a Pull. */
export interface Topic<Subject, Asked, Told> {
  /** Digests of what I hold, for a heartbeat of mine. */
  readonly told: (turn: Turn) => Told
  /** What this heartbeat shows its sender to hold differently from me, or may know more of. */
  readonly differing: (turn: Turn, told: Heartbeat) => readonly Subject[]
  /** What I have, as much as one Pull holds: of the subjects wanted, and of what I always ask for. */
  readonly asked: (turn: Turn, member: MemberIndex, wanted: readonly Subject[]) => readonly Asked[]
  /** Frames that the asker lacks, what it needs first coming first. Made as they are taken: an answer may end anywhere. */
  readonly lacking: (turn: Turn, asked: readonly Asked[], to: MemberIndex) => Iterable<Uint8Array>
  /** Frames of an answer that other topics leave to it. */
  readonly share: number
}

/** A digest of what I hold, made again only after a record: each heartbeat that comes is compared with it. */
export function digestOnce<T extends Hash32 | null>({ volatile: { digests } }: Turn, name: string, make: () => T): T {
  const known = digests.get(name)
  if (known !== undefined) return known as T
  const digest = make()
  digests.set(name, digest)
  return digest
}

/** At most `max` of the list, from where the last one ended: those that nobody can answer must not hide the others. */
export function inTurn<T>(list: readonly T[], done: number, max: number): readonly T[] {
  const from = list.length === 0 ? 0 : done % list.length
  if (from === 0) return list.slice(0, max)
  return [...list.slice(from), ...list.slice(0, from)].slice(0, max)
}

/** What members said that the asker neither has nor, where it is named, said itself, by member. */
export function lackedOf<T>(said: ReadonlyMap<MemberIndex, T>, has: readonly MemberIndex[], to: MemberIndex | null): T[] {
  const held = new Set(has)
  const lacked = new Map([...said].filter(([member]) => member !== to && !held.has(member)))
  return sortedEntries(lacked).map(([, one]) => one)
}

/** The first of each, then the second of each: none hides another. */
export function* byTurns<T>(rows: Iterable<Iterable<T>>): Iterable<T> {
  let open = [...rows].map((row) => row[Symbol.iterator]())
  while (open.length > 0) {
    const left: typeof open = []
    for (const row of open) {
      const next = row.next()
      if (next.done) continue
      yield next.value
      left.push(row)
    }
    open = left
  }
}
