/** Each member proves now and then that it has the blocks that it speaks of (after commerceblock's guardnode). */
import type { Outcome } from '../core/input.ts'
import type { BlockRef } from '../chain/index.ts'
import type { BlockProof } from '../messages/block-proof.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { Hash32, MemberIndex } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import { PROOF_DEPTH, PROOF_EVERY_BLOCKS } from './answer.ts'
import { MAX_PROOFS, type OpenProof } from './state.ts'

/** A proof that was open for less says nothing of who did not answer: blocks may come faster than answers. */
const ANSWER_PERIODS = 6
/** So many in a row are told: one may be lost on its way. */
const MISSED_TOLD = 3

/** Each period: the newest block that is to be proved. Of many blocks at once, as in a catch-up, one. */
export function proveIfDue(turn: Turn): void {
  const block = blockDue(turn)
  const { open } = turn.volatile.proofs
  const newest = open.at(-1)
  if (block === null) return
  if (newest?.block.hash === block.hash) {
    if (newest.expected === null && !newest.is_asking) ask(turn, newest)
    return
  }
  if (newest) countMissed(turn, newest)
  const { listened_ms } = turn.volatile
  const proof: OpenProof = { block, expected: null, is_asking: false, answers: new Map(), since: listened_ms, is_whole: newest !== undefined }
  open.push(proof)
  if (open.length > MAX_PROOFS) open.shift()
  ask(turn, proof)
}

function blockDue({ durable: { recent }, volatile: { chain } }: Turn): BlockRef | null {
  const newest = recent.at(-1)
  if (newest === undefined || chain !== 'ok') return null
  const height = Math.floor((newest.height - PROOF_DEPTH) / PROOF_EVERY_BLOCKS) * PROOF_EVERY_BLOCKS
  return recent.at(-1 - (newest.height - height)) ?? null
}

function ask(turn: Turn, proof: OpenProof): void {
  proof.is_asking = true
  turn.now({ effect: 'prove-block', block: proof.block, members: turn.config.federation.members.map(({ index }) => index) })
}

export function onBlockProved(turn: Turn, { block, answers }: Extract<Outcome, { of: 'prove-block' }>): void {
  const { volatile, config: { self } } = turn
  const proof = volatile.proofs.open.find((one) => one.block.hash === block.hash)
  if (!proof) return
  proof.is_asking = false
  if (answers === null || proof.expected !== null) return
  proof.expected = answers
  const mine = answers[self - 1]
  if (mine !== undefined) turn.gossip(turn.sign('block-proof', { block, answer: mine }))
  for (const [member, early] of volatile.proofs.early) {
    if (early.block.hash !== block.hash) continue
    volatile.proofs.early.delete(member)
    proof.answers.set(member, early.answer)
  }
  for (const [member, answer] of proof.answers) judge(turn, member, answer, answers[member - 1], block)
}

export function onBlockProof(turn: Turn, from: MemberIndex, body: BlockProof): VerdictCode {
  const { proofs, peers } = turn.volatile
  if (!peers.has(from)) return 'not-a-member'
  const proof = proofs.open.find(({ block }) => block.hash === body.block.hash)
  if (proof === undefined) {
    const newest = proofs.open.at(-1)?.block.height ?? 0
    if (body.block.height <= newest || body.block.height <= (proofs.early.get(from)?.block.height ?? 0)) return 'stale'
    proofs.early.set(from, body)
    return 'accepted'
  }
  if (proof.answers.has(from)) return 'known'
  proof.answers.set(from, body.answer)
  if (proof.expected !== null) judge(turn, from, body.answer, proof.expected[from - 1], proof.block)
  return 'accepted'
}

function judge(turn: Turn, member: MemberIndex, answer: Hash32, expected: Hash32 | undefined, { height }: BlockRef): void {
  const counts = turn.volatile.peers.get(member)?.proofs
  if (!counts) return
  counts.missed_in_a_row = 0
  if (answer === expected) {
    counts.right += 1
    if (counts.told !== null) turn.tell({ level: 'info', event: 'proofs-right', member, height })
    counts.told = null
  } else {
    counts.wrong += 1
    if (counts.told !== 'proof-wrong') turn.tell({ level: 'warn', event: 'proof-wrong', member, height })
    counts.told = 'proof-wrong'
  }
}

/** Of those that I hear: who is dead is told already. */
function countMissed(turn: Turn, { expected, answers, since, is_whole, block: { height } }: OpenProof): void {
  const { volatile, config } = turn
  if (expected === null || !is_whole || volatile.listened_ms - since < ANSWER_PERIODS * config.federation.timing.heartbeat_ms) return
  for (const [member, { silence, proofs }] of volatile.peers) {
    if (member === config.self || answers.has(member)) continue
    if (silence !== 'none') {
      proofs.missed_in_a_row = 0
      continue
    }
    proofs.missed += 1
    proofs.missed_in_a_row += 1
    if (proofs.missed_in_a_row < MISSED_TOLD || proofs.told !== null) continue
    proofs.told = 'proofs-missed'
    turn.tell({ level: 'warn', event: 'proofs-missed', member, height, detail: `${proofs.missed_in_a_row} in a row` })
  }
}
