/** Any record of the log, within its limits. */
import * as fc from 'fast-check'
import { type LogRecord, SEALED_SHARE_BYTES, type StoryEntry } from '../../src/index.ts'
import { MAX_VOTE_FRAME_BYTES } from '../../src/messages/certificate.ts'
import { MAX_RECEIPT_FRAME_BYTES } from '../../src/messages/owner-requests.ts'
import { type HeldEvidence, MAX_LEDGER_FRAME_BYTES } from '../../src/state/durable.ts'
import type { EnvelopeId, Feerate, Hash32, IncidentId, ManifestHash, MessageHash, VaultId } from '../../src/primitives/index.ts'
import { anyChainEvent, anySpendTx } from '../chain/arbitraries.ts'
import {
  PLAIN,
  anyAction,
  anyDiscriminator,
  anyHeight,
  anyHex,
  anyMember,
  anyMillis,
  anyOutpoint,
  anyText,
  anyTrigger,
  anyTxid,
  bytesUpTo,
  upTo,
} from '../messages/arbitraries.ts'

const vault_id = anyHex<VaultId>()
const hash = anyHex<ManifestHash>()
const incident_id = anyHex<IncidentId>()
const ofManifest = { vault_id, hash }
const ofCommand = { vault_id, command_hash: anyHex<Hash32>() }

export const anyStoryEntry: fc.Arbitrary<StoryEntry> = fc.record(
  {
    at_ms: anyMillis,
    event: fc.constantFrom('opened' as const, 'vote-received' as const, 'broadcast' as const, 'settled' as const),
    height: fc.option(anyHeight),
    member: fc.option(anyMember),
    txid: fc.option(anyTxid),
    feerate: fc.option(upTo<Feerate>(1_000_000_000)),
    detail: fc.option(anyText(64)),
  },
  PLAIN,
)

const signed = fc.record({ signed: bytesUpTo(300), signature: bytesUpTo(64, 64) }, PLAIN)
const anyEvidence: fc.Arbitrary<HeldEvidence> = fc.record(
  { member: anyMember, conflict: fc.constantFrom('number' as const, 'slot' as const), kind: anyText(32), at_ms: anyMillis, first: signed, second: signed },
  PLAIN,
)

const signatures = fc.array(fc.record({ key: anyHex(), signature: bytesUpTo(64, 64) }, PLAIN), { minLength: 1, maxLength: 3 })

/** By the name of each, so that a new record without a generator is a type error. */
export const RECORDS: { readonly [K in LogRecord['record']]: fc.Arbitrary<Extract<LogRecord, { record: K }>> } = {
  boot: fc.record({ record: fc.constant('boot' as const), boot: upTo(0xffff_ffff) }, PLAIN),
  chain: fc.record({ record: fc.constant('chain' as const), fact: anyChainEvent }, PLAIN),
  'manifest-armed': fc.record(
    {
      record: fc.constant('manifest-armed' as const),
      signed: fc.record(
        {
          bytes: bytesUpTo(200),
          signatures,
        },
        PLAIN,
      ),
      hash,
      envelopes: fc.array(bytesUpTo(60), { maxLength: 4 }),
      shares: fc.array(bytesUpTo(SEALED_SHARE_BYTES), { maxLength: 4 }),
    },
    PLAIN,
  ),
  'manifest-withdrawn': fc.record({ record: fc.constant('manifest-withdrawn' as const), ...ofManifest }, PLAIN),
  'receipt-held': fc.record(
    {
      record: fc.constant('receipt-held' as const),
      ...ofManifest,
      member: anyMember,
      frame: bytesUpTo(MAX_RECEIPT_FRAME_BYTES),
    },
    PLAIN,
  ),
  'withdrawal-held': fc.record({ record: fc.constant('withdrawal-held' as const), ...ofManifest, signatures }, PLAIN),
  'taken-back-held': fc.record(
    {
      record: fc.constant('taken-back-held' as const),
      ...ofManifest,
      member: anyMember,
      height: anyHeight,
      frame: bytesUpTo(MAX_RECEIPT_FRAME_BYTES),
    },
    PLAIN,
  ),
  'let-be-held': fc.record(
    { record: fc.constant('let-be-held' as const), ...ofManifest, member: anyMember, frame: bytesUpTo(MAX_RECEIPT_FRAME_BYTES) },
    PLAIN,
  ),
  'generation-cancelled': fc.record({ record: fc.constant('generation-cancelled' as const), ...ofManifest }, PLAIN),
  'generation-reinstated': fc.record({ record: fc.constant('generation-reinstated' as const), ...ofManifest }, PLAIN),
  'publication-held': fc.record(
    {
      record: fc.constant('publication-held' as const),
      ...ofManifest,
      member: anyMember,
      frame: bytesUpTo(MAX_RECEIPT_FRAME_BYTES),
    },
    PLAIN,
  ),
  'bundle-complete': fc.record({ record: fc.constant('bundle-complete' as const), ...ofManifest }, PLAIN),
  'manifest-activated': fc.record({ record: fc.constant('manifest-activated' as const), ...ofManifest }, PLAIN),
  'trigger-offered': fc.record(
    { record: fc.constant('trigger-offered' as const), vault_id, outpoint: anyOutpoint, tx: anySpendTx },
    PLAIN,
  ),
  'incident-opened': fc.record(
    {
      record: fc.constant('incident-opened' as const),
      incident_id,
      vault_id,
      trigger: anyTrigger,
      discriminator: anyDiscriminator,
      action: anyAction,
      at_ms: anyMillis,
    },
    PLAIN,
  ),
  'vote-held': fc.record(
    {
      record: fc.constant('vote-held' as const),
      incident_id,
      member: anyMember,
      anchor_height: anyHeight,
      frame: bytesUpTo(MAX_VOTE_FRAME_BYTES),
    },
    PLAIN,
  ),
  certified: fc.record(
    {
      record: fc.constant('certified' as const),
      incident_id,
      at_ms: anyMillis,
      height: anyHeight,
      voters: fc.array(anyMember, { maxLength: 5 }),
    },
    PLAIN,
  ),
  signed: fc.record(
    { record: fc.constant('signed' as const), slot: anyText(256), frame: bytesUpTo(MAX_LEDGER_FRAME_BYTES) },
    PLAIN,
  ),
  'release-opened': fc.record(
    { record: fc.constant('release-opened' as const), incident_id, envelope_id: anyHex<EnvelopeId>() },
    PLAIN,
  ),
  broadcast: fc.record({ record: fc.constant('broadcast' as const), incident_id, txid: anyTxid }, PLAIN),
  'broadcast-receipt': fc.record(
    {
      record: fc.constant('broadcast-receipt' as const),
      incident_id,
      member: anyMember,
      frame: bytesUpTo(MAX_RECEIPT_FRAME_BYTES),
    },
    PLAIN,
  ),
  'fee-turn': fc.record({ record: fc.constant('fee-turn' as const), incident_id, turn: fc.nat(1_000) }, PLAIN),
  exposed: fc.record({ record: fc.constant('exposed' as const), vault_id }, PLAIN),
  settled: fc.record(
    {
      record: fc.constant('settled' as const),
      incident_id,
      outcome: fc.constantFrom('recovered' as const, 'lost' as const, 'over' as const),
    },
    PLAIN,
  ),
  noted: fc.record({ record: fc.constant('noted' as const), incident_id, entry: anyStoryEntry }, PLAIN),
  evidence: fc.record(
    { record: fc.constant('evidence' as const), id: anyHex<MessageHash>(), evidence: anyEvidence },
    PLAIN,
  ),
  'command-held': fc.record(
    {
      record: fc.constant('command-held' as const),
      ...ofCommand,
      signed: fc.record(
        {
          bytes: bytesUpTo(200, 1),
          signatures: fc.array(fc.record({ key: anyHex(), signature: bytesUpTo(64, 64) }, PLAIN), { minLength: 1, maxLength: 3 }),
        },
        PLAIN,
      ),
      at_ms: anyMillis,
    },
    PLAIN,
  ),
  'command-taken': fc.record({ record: fc.constant('command-taken' as const), ...ofCommand }, PLAIN),
  'command-noticed': fc.record(
    {
      record: fc.constant('command-noticed' as const),
      ...ofCommand,
      member: anyMember,
      height: anyHeight,
      frame: bytesUpTo(MAX_RECEIPT_FRAME_BYTES),
    },
    PLAIN,
  ),
  'command-forgotten': fc.record(
    {
      record: fc.constant('command-forgotten' as const),
      ...ofCommand,
      incident_id: fc.option(incident_id),
      slots: fc.array(anyText(256), { maxLength: 4 }),
    },
    PLAIN,
  ),
  'drill-reported': fc.record(
    { record: fc.constant('drill-reported' as const), ...ofCommand, member: anyMember, frame: bytesUpTo(MAX_RECEIPT_FRAME_BYTES) },
    PLAIN,
  ),
  'drill-ended': fc.record(
    {
      record: fc.constant('drill-ended' as const),
      ...ofCommand,
      status: fc.constantFrom('passed' as const, 'failed' as const, 'abandoned' as const),
    },
    PLAIN,
  ),
  quarantined: fc.record(
    {
      record: fc.constant('quarantined' as const),
      reason: fc.constantFrom('second-instance' as const, 'unknown-statement' as const, 'restored' as const),
      at_ms: anyMillis,
    },
    PLAIN,
  ),
  'foreign-held': fc.record(
    {
      record: fc.constant('foreign-held' as const),
      boot: upTo(0xffff_ffff),
      statement: fc.option(fc.record({ slot: fc.option(anyText(256)), frame: bytesUpTo(MAX_LEDGER_FRAME_BYTES) }, PLAIN)),
    },
    PLAIN,
  ),
  adopted: fc.record(
    {
      record: fc.constant('adopted' as const),
      boot: upTo(0xffff_ffff),
      signed: fc.array(fc.record({ slot: anyText(256), frame: bytesUpTo(MAX_LEDGER_FRAME_BYTES) }, PLAIN), { maxLength: 3 }),
      beside: fc.array(anyHex<Hash32>(), { maxLength: 3 }),
    },
    PLAIN,
  ),
  'vault-destroyed': fc.record({ record: fc.constant('vault-destroyed' as const), vault_id }, PLAIN),
}

export const anyRecord: fc.Arbitrary<LogRecord> = fc.oneof(...(Object.values(RECORDS) as fc.Arbitrary<LogRecord>[]))
