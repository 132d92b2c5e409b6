import { type Infer, s } from '../primitives/index.ts'

/** Votes, receipts, releases, notices and most heartbeats are smaller. */
export const MAX_EVIDENCE_SIGNED_BYTES = 2_048

/** What a member did that no honest one can: one (boot, seq) used twice, or one sign-once slot signed with two bodies. */
export const conflict = s.oneOf('number', 'slot')
export type Conflict = Infer<typeof conflict>

/** A message's signed part, without its attachment, and the signature over it. */
export const signedPart = s.struct({ signed: s.blob(MAX_EVIDENCE_SIGNED_BYTES), signature: s.blob(64, 64) })
export type SignedPart = Infer<typeof signedPart>

/** Two conflicting signed messages of one member. It proves itself by the lock alone: whoever hands it on is of no account. */
export const evidence = s.struct({ member: s.memberIndex, conflict, first: signedPart, second: signedPart })
export type Evidence = Infer<typeof evidence>
