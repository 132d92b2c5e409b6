/**
 * What a member answers of a block (after commerceblock's guardnode): a hash over slices of the block that the block's own hash and the
 * member's index choose. Nobody can know which before the block is found, no two members answer the same, and there is nothing to ask:
 * each knows what every other has to say.
 */
import { type Hasher, hashOf, taggedHash } from '../crypto/index.ts'
import { type BlockHash, type Hash32, type LockHash, type MemberIndex, concat, s, toCbor } from '../primitives/index.ts'

/** Blocks in between: an hour, so that it costs nothing beside the watching itself. */
export const PROOF_EVERY_BLOCKS = 6
/** So deep, a block is hardly ever undone, and no bitcoind has pruned it yet. */
export const PROOF_DEPTH = 6

const SLICES = 8
const SLICE_BYTES = 32

const seedOf = s.struct({ lock_hash: s.hex<LockHash>(32), block: s.blockHash, member: s.memberIndex })
const answerOf = s.struct({ seed: s.blob(32, 32), slices: s.list(s.blob(SLICE_BYTES), SLICES) })

export interface ProofQuestion {
  readonly lock_hash: LockHash
  readonly block: BlockHash
}

/** In the order of the members. `bytes`: the block as on the wire, witnesses included. */
export function proofAnswers(hasher: Hasher, { lock_hash, block }: ProofQuestion, members: readonly MemberIndex[], bytes: Uint8Array): Hash32[] {
  return members.map((member) => {
    const seed = taggedHash(hasher, 'block_proof', toCbor(seedOf, { lock_hash, block, member }))
    const slices = Array.from({ length: SLICES }, (_, at) => sliceAt(bytes, hasher.sha256(concat(seed, new Uint8Array([at])))))
    return hashOf(hasher, 'block_proof', answerOf, { seed, slices }) as Hash32
  })
}

/** Where six bytes of the choice say: far more places than a block has. */
function sliceAt(bytes: Uint8Array, choice: Uint8Array): Uint8Array {
  const places = Math.max(1, bytes.length - SLICE_BYTES + 1)
  const view = new DataView(choice.buffer, choice.byteOffset)
  const at = view.getUint32(0) * 0x1_0000 + view.getUint16(4)
  return bytes.slice(at % places, (at % places) + SLICE_BYTES)
}
