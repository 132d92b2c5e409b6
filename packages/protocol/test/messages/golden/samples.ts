/** One message of every kind, the same in every run: Ed25519 signatures are deterministic. */
import {
  NO_DISCRIMINATOR,
  type BodyOf,
  type EnrolRequest,
  type InfoRequest,
  type MemberKind,
  type OwnerAnswer,
  commandRequest,
  enrolRequest,
  infoRequest,
  ownerAnswer,
} from '../../../src/index.ts'
import {
  type EnvelopeId,
  type Feerate,
  type Hash32,
  type LockHash,
  type Height,
  type MemberIndex,
  type Millis,
  toCbor,
  toHex,
} from '../../../src/primitives/index.ts'
import { Seat } from '../../core/seat.ts'
import { orderAt } from '../../core/commands.ts'
import { blockAt, hexOf, settingOf, transactionOf, vaultOf } from '../../core/setting.ts'

const setting = settingOf(3)
const vault = vaultOf(setting, { rates: [2, 10] })
const member = (index: number) => index as MemberIndex
const height = 850_000 as Height
const drill = orderAt(height, vault, { order: 'drill', level: 5, held_back: [member(2)], trial: null })

const info: InfoRequest = { what: 'vaults' }
const drillsWanted: InfoRequest = { what: 'drills' }

const vote: BodyOf<'vote'> = {
  vault_id: vault.vault_id,
  trigger: 'theft',
  discriminator: NO_DISCRIMINATOR, incident_id: vault.theft,
  action: 'clawback',
  anchor_height: height,
  witness_txid: vault.unvault.wtxid,
}

export function goldenMessages(): Record<string, string> {
  const seat = new Seat(setting)
  const hex = <K extends MemberKind>(
    from: number,
    kind: K,
    body: BodyOf<K>,
    attachment: Uint8Array | null = null,
  ): string => toHex(seat.frame(from, kind, body, { attachment }))
  const { vault_id, hash: manifest_hash, theft: incident_id } = vault
  const envelope_id = vault.ids[0] ?? (hexOf('none') as EnvelopeId)
  const votes = [2, 3].map((from) => seat.frame(from, 'vote', vote))
  return {
    heartbeat: hex(1, 'heartbeat', {
      tip: blockAt(height),
      hash_6: blockAt(height - 6).hash,
      chain: 'ok',
      implementation: '/Satoshi:29.0.0/',
      software: 'belfry/0.1.0',
      standing: 'serving',
      silent: [member(4)],
      ledger_entries: 7,
      next_lock: hexOf('next lock') as LockHash,
      guarded_root: hexOf('guarded') as Hash32,
      evidence_digest: hexOf('evidence') as Hash32,
      custody_digest: hexOf('custody') as Hash32,
      owner_messages: [{ vault_id, digest: hexOf('owner messages') as Hash32 }],
      incidents: [{ incident_id, digest: hexOf('incident') as Hash32 }],
    }),
    vote: hex(2, 'vote', vote, vault.unvault.raw),
    certificate: hex(1, 'certificate', { vault_id, trigger: 'theft', discriminator: NO_DISCRIMINATOR, incident_id, action: 'clawback', votes }),
    'receipt published': hex(3, 'receipt', { statement: 'published', vault_id, generation: 1, manifest_hash }),
    'receipt taken-back': hex(3, 'receipt', { statement: 'taken-back', vault_id, generation: 2, manifest_hash, height: 850_000 as Height }),
    'receipt let-be': hex(3, 'receipt', { statement: 'let-be', vault_id, generation: 2, manifest_hash }),
    'receipt holds': hex(3, 'receipt', { statement: 'holds', vault_id, generation: 1, manifest_hash }),
    'receipt broadcast': hex(3, 'receipt', {
      statement: 'broadcast',
      vault_id,
      incident_id,
      txid: transactionOf('recovery').txid,
      height,
    }),
    'receipt drill': hex(3, 'receipt', { statement: 'drill', vault_id, command_hash: drill.hash, level: 2, result: 'good', tried: 7, good: 7, height }),
    'receipt destroyed': hex(3, 'receipt', { statement: 'destroyed', vault_id, command_hash: drill.hash, height }),
    command: hex(3, 'command', { vault_id, command_hash: drill.hash, height }, drill.bytes),
    release: hex(
      2,
      'release',
      { incident_id, manifest_hash, envelope_id, to: member(1), sealed_hash: hexOf('sealed') as Hash32 },
      vault.shares[0] ?? null,
    ),
    evidence: hex(3, 'evidence', {
      member: member(2),
      conflict: 'slot',
      first: { signed: Uint8Array.of(1), signature: new Uint8Array(64).fill(1) },
      second: { signed: Uint8Array.of(2), signature: new Uint8Array(64).fill(2) },
    }),
    'block-proof': hex(3, 'block-proof', { block: blockAt(height), answer: hexOf('answer') as Hash32 }),
    'headers-wanted': hex(3, 'headers-wanted', { locator: [blockAt(height).hash, blockAt(height - 1).hash] }),
    headers: hex(3, 'headers', { headers: [new Uint8Array(80).fill(3)] }),
    answered: hex(3, 'answered', { pull_seq: 9, is_complete: true }),
    pull: hex(3, 'pull', {
      incidents: [
        {
          incident_id,
          votes: [{ member: member(1), anchor_height: height }],
          releases: [envelope_id],
          broadcasts: [member(2)],
        },
      ],
      owner_messages: [{ vault_id, held: [{ id: drill.hash, notices: [member(1)], reports: [member(2)] }] }],
      evidence: [{ member: member(4), conflict: 'slot' }],
      own: true,
      custody: [{ manifest_hash, receipts: [member(1), member(3)], published: [member(1)], taken_back: [member(2)], let_be: [member(3)], withdrawal: true }],
    }),
    ...ownerMessages(),
  }
}

function ownerMessages(): Record<string, string> {
  const { signed: manifest, envelopes, shares, hash: manifest_hash, vault_id } = vault
  const request = (value: EnrolRequest): string => toHex(toCbor(enrolRequest, value))
  const answer = (value: OwnerAnswer): string => toHex(toCbor(ownerAnswer, value))
  return {
    'enrol manifest': request({ request: 'manifest', manifest, envelopes, shares }),
    'enrol bundle': request({ request: 'bundle', manifest_hash, receipts: [new Uint8Array([1, 2, 3])] }),
    'enrol withdraw': request({ request: 'withdraw', manifest_hash, signatures: manifest.signatures }),
    info: toHex(toCbor(infoRequest, info)),
    'answer receipt': answer({ answer: 'receipt', frame: new Uint8Array([1, 2, 3]) }),
    'answer state': answer({ answer: 'state', state: 'waiting' }),
    'answer vaults': answer({
      answer: 'vaults',
      member: member(1),
      tip: blockAt(height),
      anchor: blockAt(height - 8),
      chain: 'ok',
      vaults: [
        {
          vault_id,
          revoked: false,
          exposed: true,
          deposit: 'there',
          destroyable: false,
          drills: [{ level: 4, height, status: 'passed' }],
          manifests: [{ manifest_hash, generation: 1, state: 'active', receipts: [member(1), member(2)] }],
          incidents: [{ incident_id: vault.theft, trigger: 'theft', status: 'open' }],
          market: { top_feerate: 250_000 as Feerate, estimate: 12_000 as Feerate, state: 'above' },
        },
      ],
    }),
    'request command': toHex(toCbor(commandRequest, { signed: drill.signed })),
    'info drills': toHex(toCbor(infoRequest, drillsWanted)),
    'answer command': answer({ answer: 'command', command_hash: drill.hash, state: 'held', height }),
    'answer drills': answer({
      answer: 'drills',
      member: member(1),
      tip: blockAt(height),
      drills: [
        {
          command_hash: drill.hash,
          vault_id,
          level: 3,
          commanded_at_ms: 1_767_225_600_000 as Millis,
          commanded_height: height,
          held_back: [],
          trial: { tried: 24, accepted: 23, mempool_floor: 1_000 as Feerate, estimate: null },
          status: 'failed',
          reports: [new Uint8Array([1, 2, 3])],
        },
      ],
    }),
    'answer refused': answer({ answer: 'refused', code: 'busy', message: 'm', remedy: 'r', retryable: true }),
  }
}
