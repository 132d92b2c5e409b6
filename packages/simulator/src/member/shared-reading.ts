/**
 * Messages decoded once for all members, however many receive the same bytes: half of what a run would cost is reading. It is by
 * the production code, and what it refuses is refused anew each time. Replays of a campaign read without it (cli/campaign.ts),
 * so that a core which changed what it read would be found.
 */
import { type BodyOf, type Frame, type Header, type MemberKind, READING, type Reading } from '@belfry/protocol'

export function sharedReading(): Reading {
  const frames = new WeakMap<Uint8Array, Frame>()
  const headers = new WeakMap<Uint8Array, Header>()
  // By its bytes a body is of one kind: that of the header which holds them.
  const bodies = new WeakMap<Uint8Array, { readonly kind: MemberKind; readonly body: unknown }>()
  return {
    frame: (bytes) => remembered(frames, bytes, READING.frame),
    header: (signed) => remembered(headers, signed, READING.header),
    body: <K extends MemberKind>(kind: K, bytes: Uint8Array): BodyOf<K> => {
      const known = bodies.get(bytes)
      if (known?.kind === kind) return known.body as BodyOf<K>
      const body = READING.body(kind, bytes)
      bodies.set(bytes, { kind, body })
      return body
    },
  }
}

function remembered<T>(known: WeakMap<Uint8Array, T>, bytes: Uint8Array, read: (bytes: Uint8Array) => T): T {
  const before = known.get(bytes)
  if (before !== undefined) return before
  const value = read(bytes)
  known.set(bytes, value)
  return value
}
