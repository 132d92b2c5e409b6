/** Checking a frame's signature once, however often it comes: alone, by Pull, inside certificates. */
import type { Turn } from '../state/turn.ts'
import { type Frame, encodeFrame, messageHash, verifyFrame, withoutAttachment } from './frame.ts'

export function isSignatureValid(turn: Turn, node_key: string, frame: Frame): boolean {
  // Over signature and signed part together: one valid signature vouches for no other.
  const id = messageHash(turn.ports, encodeFrame(withoutAttachment(frame)))
  if (turn.volatile.verified.has(id)) return true
  const valid = verifyFrame(turn.ports, turn.config.federation.lock_hash, node_key, frame)
  if (valid) turn.volatile.verified.set(id, true)
  return valid
}
