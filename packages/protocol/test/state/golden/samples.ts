/** One record of every kind, the same in every run. */
import { type LogRecord, NO_DISCRIMINATOR, record } from '../../../src/index.ts'
import {
  type EnvelopeId,
  type Feerate,
  type Hash32,
  type Height,
  type MemberIndex,
  type MessageHash,
  type Millis,
  type Sats,
  toCbor,
  toHex,
} from '../../../src/primitives/index.ts'
import { orderAt } from '../../core/commands.ts'
import { blockAt, hexOf, settingOf, transactionOf, vaultOf } from '../../core/setting.ts'

const vault = vaultOf(settingOf(3), { rates: [2, 10] })
const { vault_id, hash, theft: incident_id, deposit: outpoint } = vault
const member = 2 as MemberIndex
const height = 850_000 as Height
const panic = orderAt(height, vault, { order: 'panic' })
const command_hash = panic.hash
const at_ms = 1_767_225_600_000 as Millis
const frame = new Uint8Array([1, 2, 3])
const tx = { ...transactionOf('spend'), fee: 2_100_000_000_000_000n as Sats }
const block = blockAt(850_000)
const previous = blockAt(849_999).hash
const signed = { signed: frame, signature: new Uint8Array(64).fill(9) }

const SAMPLES: readonly LogRecord[] = [
  { record: 'boot', boot: 7 },
  { record: 'chain', fact: { event: 'spend-seen', outpoint, tx } },
  { record: 'chain', fact: { event: 'spend-replaced', outpoint, old_txid: transactionOf('old').txid, tx } },
  { record: 'chain', fact: { event: 'spend-evicted', outpoint, txid: tx.txid } },
  { record: 'chain', fact: { event: 'spend-confirmed', outpoint, tx: { ...tx, fee: null }, block } },
  { record: 'chain', fact: { event: 'spend-unconfirmed', outpoint, txid: tx.txid, block } },
  { record: 'chain', fact: { event: 'block-connected', block, previous } },
  { record: 'chain', fact: { event: 'block-disconnected', block, previous } },
  {
    record: 'chain',
    fact: {
      event: 'chain-health',
      state: 'syncing',
      estimate: 12_345 as Feerate,
      mempool_floor: 1_000 as Feerate,
      implementation: '/Satoshi:29.0.0/',
    },
  },
  { record: 'manifest-armed', signed: vault.signed, hash, envelopes: vault.envelopes, shares: vault.shares },
  { record: 'manifest-withdrawn', vault_id, hash },
  { record: 'receipt-held', vault_id, hash, member, frame },
  { record: 'publication-held', vault_id, hash, member, frame },
  { record: 'withdrawal-held', vault_id, hash, signatures: vault.signed.signatures },
  { record: 'taken-back-held', vault_id, hash, member, height, frame },
  { record: 'let-be-held', vault_id, hash, member, frame },
  { record: 'generation-cancelled', vault_id, hash },
  { record: 'generation-reinstated', vault_id, hash },
  { record: 'bundle-complete', vault_id, hash },
  { record: 'manifest-activated', vault_id, hash },
  { record: 'trigger-offered', vault_id, outpoint, tx },
  { record: 'incident-opened', incident_id, vault_id, trigger: 'cold-theft', discriminator: NO_DISCRIMINATOR, action: 'emergency', at_ms },
  { record: 'vote-held', incident_id, member, anchor_height: height, frame },
  { record: 'certified', incident_id, at_ms, height, voters: [1 as MemberIndex, member] },
  { record: 'signed', slot: 'vote/lock/incident/clawback/850000', frame },
  { record: 'release-opened', incident_id, envelope_id: hexOf('envelope') as EnvelopeId },
  { record: 'broadcast', incident_id, txid: tx.txid },
  { record: 'broadcast-receipt', incident_id, member, frame },
  { record: 'fee-turn', incident_id, turn: 3 },
  { record: 'exposed', vault_id },
  { record: 'settled', incident_id, outcome: 'recovered' },
  {
    record: 'noted',
    incident_id,
    entry: { at_ms, event: 'broadcast', height, member, txid: tx.txid, feerate: 10_000 as Feerate, detail: 'detail' },
  },
  {
    record: 'evidence',
    id: hexOf('evidence') as MessageHash,
    evidence: { member, conflict: 'number', kind: 'vote', at_ms, first: signed, second: signed },
  },
  { record: 'command-held', vault_id, command_hash, signed: panic.signed, at_ms },
  { record: 'command-taken', vault_id, command_hash },
  { record: 'command-noticed', vault_id, command_hash, member, height, frame },
  { record: 'command-forgotten', vault_id, command_hash, incident_id, slots: ['drill/lock/command'] },
  { record: 'drill-reported', vault_id, command_hash, member, frame },
  { record: 'drill-ended', vault_id, command_hash, status: 'passed' },
  { record: 'quarantined', reason: 'unknown-statement', at_ms },
  { record: 'foreign-held', boot: 9, statement: { slot: 'vote/lock/incident/clawback/850001', frame } },
  { record: 'adopted', boot: 9, signed: [{ slot: 'vote/lock/incident/clawback/850001', frame }], beside: ['ee'.repeat(32) as Hash32] },
  { record: 'vault-destroyed', vault_id },
]

export function goldenRecords(): Record<string, string> {
  return Object.fromEntries(
    SAMPLES.map((one) => [one.record === 'chain' ? `chain ${one.fact.event}` : one.record, toHex(toCbor(record, one))]),
  )
}
