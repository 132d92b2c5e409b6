/** What a member remembers of block proofs while it runs. */
import type { BlockRef } from '../chain/index.ts'
import type { BlockProof } from '../messages/block-proof.ts'
import type { Hash32, MemberIndex } from '../primitives/index.ts'

/** The newest block to be proved and those before: an answer may come late. */
export const MAX_PROOFS = 4

export interface OpenProof {
  readonly block: BlockRef
  /** In the order of the members; null while my bitcoind is asked, or where it does not have the block. */
  expected: readonly Hash32[] | null
  is_asking: boolean
  /** What members answered, one each. */
  readonly answers: Map<MemberIndex, Hash32>
  /** Listened time. */
  readonly since: number
  /** It began while I was listening, so that I have heard every answer to it. */
  readonly is_whole: boolean
}

export interface Proofs {
  /** The newest last. */
  readonly open: OpenProof[]
  /** The newest answer of each member to a block that is not yet asked about here. */
  readonly early: Map<MemberIndex, BlockProof>
}

export function noProofs(): Proofs {
  return { open: [], early: new Map() }
}

/** How a member has answered since I started. */
export interface ProofCounts {
  right: number
  wrong: number
  missed: number
  missed_in_a_row: number
  told: 'proof-wrong' | 'proofs-missed' | null
}

export function noProofCounts(): ProofCounts {
  return { right: 0, wrong: 0, missed: 0, missed_in_a_row: 0, told: null }
}
