/** What the shell may answer, asked or unasked. */
import assert from 'node:assert/strict'
import type { BroadcastAnswer, BumpAnswer, EnrolmentCheck, Outcome, SpendTx } from '../../../src/index.ts'
import type { EnvelopeId, Feerate, Hash32, IncidentId, MemberIndex } from '../../../src/primitives/index.ts'
import type { Seat } from '../seat.ts'
import { blockAt, completedA, hexOf } from '../setting.ts'
import { TXS, first, other, sealed } from './cast.ts'

/** The dice with which all goes well. */
export const WELL = 36

type Effect = Seat['outputs'][number]['immediate'][number] | Seat['outputs'][number]['afterDurable'][number]
const ANSWERS: readonly BroadcastAnswer[] = [
  'accepted',
  'already-known',
  'fee-too-low',
  'conflict',
  'inputs-missing',
  'not-final',
  'unreachable',
  'mempool-limits',
  'non-standard',
  'script-invalid',
  'invalid',
  'rejected',
]
const CHECKS: readonly EnrolmentCheck[] = [
  'ok',
  'ok',
  'ok',
  'share-does-not-open',
  'deposit-spent',
  'bitcoind-unreachable',
  'no-room',
]

export function outcomeOf(effect: Effect, dice: number): Outcome | null {
  switch (effect.effect) {
    case 'verify-enrolment':
      return {
        of: 'verify-enrolment',
        manifest_hash: effect.manifest_hash,
        check: CHECKS[dice % CHECKS.length] ?? 'ok',
        earlier_enrol: dice % 5 === 0 ? { k: 1, keys: ['77'.repeat(32)] } : null,
      }
    case 'seal-share': {
      const { incident_id, manifest_hash, envelope_id, to } = effect
      return { of: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed: dice % 7 === 0 ? null : sealed }
    }
    case 'open-share': {
      const { incident_id, envelope_id, from } = effect
      return {
        of: 'open-share',
        incident_id,
        envelope_id,
        from,
        result: (['good', 'good', 'bad', 'no-room'] as const)[dice % 4] ?? 'good',
      }
    }
    case 'rebuild': {
      const { incident_id, envelope_id, txid } = effect
      return { of: 'rebuild', incident_id, envelope_id, result: dice % 5 === 0 ? 'bad-dealer' : dice % 7 === 0 ? 'no-room' : (txid ?? 'opened') }
    }
    case 'check-shares': {
      const { vault_id, command_hash, manifests } = effect
      const tried = manifests.reduce((sum, { shares }) => sum + shares.length, 0)
      return { of: 'check-shares', vault_id, command_hash, tried, good: dice % 3 === 0 ? 0 : tried }
    }
    case 'broadcast': {
      const { incident_id, envelope_id, txid } = effect
      return { of: 'broadcast', incident_id, envelope_id, txid, answer: ANSWERS[dice % ANSWERS.length] ?? 'accepted' }
    }
    case 'bump': {
      const { incident_id, envelope_id, means, txid, feerate } = effect
      const answer: BumpAnswer = dice % 5 === 3 ? 'no-coin' : dice % 7 === 3 ? 'over-budget' : (ANSWERS[dice % ANSWERS.length] ?? 'accepted')
      if (answer !== 'accepted' && answer !== 'already-known') return { of: 'bump', incident_id, envelope_id, answer, txid: null, feerate: null }
      const completed = means === 'anchored' ? txid : completedA(String(dice), 10_000 + dice).txid
      return { of: 'bump', incident_id, envelope_id, answer, txid: completed, feerate }
    }
    case 'test-sighting': {
      const { incident_id, member, outpoints } = effect
      const [outpoint] = outpoints
      const tx = TXS[dice % TXS.length]
      return {
        of: 'test-sighting',
        incident_id,
        member,
        sighted: dice % 3 === 0 && outpoint && tx ? { outpoint, tx } : null,
      }
    }
    case 'read-headers':
      return { of: 'read-headers', to: effect.to, headers: Array.from({ length: dice % 4 }, () => new Uint8Array(80)) }
    case 'submit-headers': {
      const result = (['more-work', 'no-more-work', 'unconnected', 'refused', 'unreachable'] as const)[dice % 5] ?? 'refused'
      const isTaken = result === 'more-work' || result === 'no-more-work'
      return { of: 'submit-headers', member: effect.member, result, tip: isTaken ? blockAt(100 + dice) : null, base: isTaken ? blockAt(100) : null }
    }
    case 'prove-block':
      return { of: 'prove-block', block: effect.block, answers: dice % 3 === 0 ? null : effect.members.map((member) => hexOf(`${member}`) as Hash32) }
    default:
      return null
  }
}

export function unsolicited(
  dice: number,
  envelope_id: EnvelopeId,
  incident_id: IncidentId,
  from: MemberIndex,
  tx: SpendTx,
): Outcome {
  const all: readonly Outcome[] = [
    { of: 'verify-enrolment', manifest_hash: other.hash, check: 'ok', earlier_enrol: null },
    { of: 'seal-share', incident_id, manifest_hash: first.hash, envelope_id, to: from, sealed },
    { of: 'open-share', incident_id, envelope_id, from, result: 'good' },
    { of: 'rebuild', incident_id, envelope_id, result: tx.txid },
    { of: 'broadcast', incident_id, envelope_id, txid: tx.txid, answer: 'accepted' },
    { of: 'bump', incident_id, envelope_id, answer: 'accepted', txid: tx.txid, feerate: 9_000 as Feerate },
    { of: 'test-sighting', incident_id, member: from, sighted: { outpoint: first.deposit, tx } },
    { of: 'read-headers', to: from, headers: [] },
    { of: 'submit-headers', member: from, result: 'more-work', tip: blockAt(500 + dice), base: blockAt(90) },
    { of: 'prove-block', block: blockAt(6 * dice), answers: [] },
  ]
  return all[dice % all.length] ?? assert.fail()
}
