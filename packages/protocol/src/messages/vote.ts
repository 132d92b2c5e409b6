import { type IncidentId, type Infer, type VaultId, s } from '../primitives/index.ts'

/** What starts an incident. Panic, dead-man and drill join when their commands exist. */
export const trigger = s.oneOf('theft', 'cold-theft')
export type Trigger = Infer<typeof trigger>

export const action = s.oneOf('clawback', 'emergency', 'succession')
export type Action = Infer<typeof action>

export const ACTION_OF = { theft: 'clawback', 'cold-theft': 'emergency' } as const satisfies Record<Trigger, Action>

/**
 * "I saw the trigger on my own bitcoind and the policy says act." Its sign-once slot is (lock, incident, action,
 * anchor_height): votes can only repeat, never conflict.
 */
export const vote = s.struct({
  vault_id: s.hex<VaultId>(32),
  trigger,
  incident_id: s.hex<IncidentId>(32),
  action,
  /** The sender's tip when it voted. */
  anchor_height: s.height,
  /** Double SHA-256 of the attachment: the transaction seen, for members that have not seen it. RPC order. */
  witness_txid: s.nullable(s.txid),
})
export type Vote = Infer<typeof vote>
