import { blockRef } from '../chain/index.ts'
import { type Hash32, type Infer, s } from '../primitives/index.ts'

/** "I have this block": a hash over bytes of it that the block's own hash and the sender's index choose (proof-of-watching/). */
export const blockProof = s.struct({ block: blockRef, answer: s.hex<Hash32>(32) })
export type BlockProof = Infer<typeof blockProof>
