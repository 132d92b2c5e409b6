/** What a member says that runs a later version than the others. */
import { type DurableEffect, MESSAGE_VERSION, decodeFrame, decodeHeader, encodeFrame, signFrame } from '@belfry/protocol'
import { s, toCbor } from '@belfry/protocol/primitives'
import type { SimMember } from './sim-member.ts'

/** `later-with-more-fields`: of its headers nothing can be read but the version. */
export type Speech = 'common' | 'later' | 'later-with-more-fields'

const laterHeader = s.struct({ version: s.uint(0xffff), kind: s.text(32, 1), from: s.memberIndex, priority: s.uint(9), body: s.blob(64 * 1024) })

/** Its own messages are of that version; what it forwards stays as it was. */
export function spokenAs(speech: Speech, effect: DurableEffect, { index, options, ports }: SimMember): DurableEffect {
  if (speech === 'common' || (effect.effect !== 'gossip' && effect.effect !== 'send')) return effect
  const frame = decodeFrame(effect.bytes)
  const head = decodeHeader(frame.signed)
  if (head.from !== index) return effect
  const version = MESSAGE_VERSION + 1
  const { kind, from, body } = head
  const later =
    speech === 'later'
      ? signFrame(ports, options.config.federation.lock_hash, { ...head, version }, frame.attachment)
      : { ...frame, signed: toCbor(laterHeader, { version, kind, from, priority: 1, body }) }
  return { ...effect, bytes: encodeFrame(later) }
}
