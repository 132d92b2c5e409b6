import { MAX_MEMBERS } from '../custody/limits.ts'
import { type IncidentId, type Infer, type VaultId, s } from '../primitives/index.ts'
import { action, discriminator, trigger } from './vote.ts'

/** An encoded vote frame without its attachment. */
export const MAX_VOTE_FRAME_BYTES = 700

/** q valid, recent votes of distinct members on one incident. Anyone may assemble it. */
export const certificate = s.struct({
  vault_id: s.hex<VaultId>(32),
  trigger,
  discriminator,
  incident_id: s.hex<IncidentId>(32),
  action,
  votes: s.list(s.blob(MAX_VOTE_FRAME_BYTES), MAX_MEMBERS, 2),
})
export type Certificate = Infer<typeof certificate>
