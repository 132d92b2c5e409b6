import { type Schema, s } from '@belfry/protocol/primitives'

/** ISO 8601, UTC. */
export const time: Schema<string> = s.textLike(32, (text) => !Number.isNaN(Date.parse(text)), 'a time')

/** Lower-case hex of any length up to a limit. */
export function hexText(max_bytes: number): Schema<string> {
  return s.textLike(2 * max_bytes, (text) => text.length % 2 === 0 && /^[0-9a-f]*$/.test(text), 'bytes in hex')
}
