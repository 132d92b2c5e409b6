import type { Hasher } from '../crypto/index.ts'
import { type IncidentId, type Infer, type Txid, type VaultId, s, toHex } from '../primitives/index.ts'

/** What starts an incident: a movement of the coin, or an owner's command. The dead-man's joins when check-ins exist. */
export const trigger = s.oneOf('theft', 'cold-theft', 'panic', 'drill')
export type Trigger = Infer<typeof trigger>

/** What an incident calls for. A drill goes the whole way with an envelope of its own, and moves nothing. */
export const action = s.oneOf('clawback', 'emergency', 'succession', 'drill')
export type Action = Infer<typeof action>

export const ACTION_OF = {
  theft: 'clawback',
  'cold-theft': 'emergency',
  panic: 'emergency',
  drill: 'drill',
} as const satisfies Record<Trigger, Action>

/** Which of a trigger's incidents: empty for theft and cold-theft, the command's hash for panic and drill. */
export const discriminator = s.blob(32)
export const NO_DISCRIMINATOR = new Uint8Array(0)

/**
 * "I saw the trigger on my own bitcoind and the policy says act." Its sign-once slot is (lock, incident, action,
 * anchor_height): votes can only repeat, never conflict.
 */
export const vote = s.struct({
  vault_id: s.hex<VaultId>(32),
  trigger,
  discriminator,
  incident_id: s.hex<IncidentId>(32),
  action,
  /** The sender's tip when it voted. */
  anchor_height: s.height,
  /** Double SHA-256 of the attachment: the transaction or command seen, for members that have not seen it. RPC order. */
  witness_txid: s.nullable(s.txid),
})
export type Vote = Infer<typeof vote>

/** What a vote says of its attachment: for a transaction its id with witness (BIP-141), for a command the same hash of its bytes. */
export function witnessId({ sha256 }: Hasher, raw: Uint8Array): Txid {
  return toHex(sha256(sha256(raw)).toReversed()) as Txid
}
