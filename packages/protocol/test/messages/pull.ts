import type { BodyOf } from '../../src/index.ts'

/** A Pull that asks for nothing, but for what the test says. */
export function emptyPull(change: Partial<BodyOf<'pull'>> = {}): BodyOf<'pull'> {
  return { incidents: [], custody: [], owner_messages: [], evidence: [], own: false, ...change }
}
