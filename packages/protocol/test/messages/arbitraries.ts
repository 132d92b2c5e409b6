/** Any value that a message may hold, within its limits. */
import * as fc from 'fast-check'
import {
  BLOCK_HEADER_BYTES,
  type BodyOf,
  DRILL_LEVELS,
  type DrillInfo,
  type EnrolRequest,
  type Frame,
  type Header,
  type LadderTrial,
  type MemberKind,
  type OwnerAnswer,
  SEALED_SHARE_BYTES,
  type VaultInfo,
} from '../../src/index.ts'
import { MAX_VOTE_FRAME_BYTES } from '../../src/messages/certificate.ts'
import { MAX_EVIDENCE_SIGNED_BYTES } from '../../src/messages/evidence.ts'
import { MAX_RECEIPT_FRAME_BYTES } from '../../src/messages/owner-requests.ts'
import {
  type BlockHash,
  type EnvelopeId,
  type Feerate,
  type Hash32,
  type LockHash,
  type Height,
  type IncidentId,
  MAX_SATS,
  type ManifestHash,
  type MemberIndex,
  type Millis,
  type Outpoint,
  type Sats,
  type Txid,
  type VaultId,
} from '../../src/primitives/index.ts'

/** Objects as literals make them. */
export const PLAIN = { noNullPrototype: true } as const

export const anyHex = <T extends string>(length = 32): fc.Arbitrary<T> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('hex') as T)
export const upTo = <T extends number>(max: number, min = 0): fc.Arbitrary<T> =>
  fc.oneof(fc.constant(min), fc.constant(max), fc.integer({ min, max })).map((value) => value as T)
export const bytesUpTo = (maxLength: number, minLength = 0): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength })
export const anyText = <T extends string = string>(maxLength: number, minLength = 0): fc.Arbitrary<T> =>
  fc
    .string({ unit: 'binary', minLength, maxLength: Math.max(minLength, Math.floor(maxLength / 2)) })
    .filter((text) => !text.startsWith('\ufeff'))
    .map((text) => text as T)

export const anyMember = upTo<MemberIndex>(64, 1)
export const anyHeight = upTo<Height>(0xffff_ffff)
export const anyMillis = upTo<Millis>(8_640_000_000_000_000)
export const anyFeerate = upTo<Feerate>(1_000_000_000)
export const anyTxid = anyHex<Txid>()
export const anySats = fc.bigInt({ min: 0n, max: MAX_SATS }).map((amount) => amount as Sats)
export const anyOutpoint = fc.tuple(anyTxid, upTo(0xffff_ffff)).map(([txid, vout]) => `${txid}:${vout}` as Outpoint)
export const anyBlock = fc.record({ height: anyHeight, hash: anyHex<BlockHash>() }, PLAIN)
export const anyChainState = fc.constantFrom(
  'ok' as const,
  'syncing' as const,
  'unreachable' as const,
  'wrong-chain' as const,
)
export const anyTrigger = fc.constantFrom('theft' as const, 'cold-theft' as const, 'panic' as const, 'drill' as const)
export const anyAction = fc.constantFrom('clawback' as const, 'emergency' as const, 'succession' as const, 'drill' as const)
export const anyDiscriminator = bytesUpTo(32)

export const anyLevel = upTo(DRILL_LEVELS, 1)

const few = <T>(item: fc.Arbitrary<T>, minLength = 0): fc.Arbitrary<T[]> =>
  fc.array(item, { minLength, maxLength: minLength + 4 })

const anySignedPart = fc.record({ signed: bytesUpTo(MAX_EVIDENCE_SIGNED_BYTES), signature: fc.uint8Array({ minLength: 64, maxLength: 64 }) }, PLAIN)

const vote: fc.Arbitrary<BodyOf<'vote'>> = fc.record(
  {
    vault_id: anyHex<VaultId>(),
    trigger: anyTrigger,
    discriminator: anyDiscriminator,
    incident_id: anyHex<IncidentId>(),
    action: anyAction,
    anchor_height: anyHeight,
    witness_txid: fc.option(anyTxid),
  },
  PLAIN,
)

export const BODIES: { readonly [K in MemberKind]: fc.Arbitrary<BodyOf<K>> } = {
  heartbeat: fc.record(
    {
      tip: fc.option(anyBlock),
      chain: anyChainState,
      implementation: anyText(128),
      software: anyText(64),
      hash_6: fc.option(anyHex<BlockHash>()),
      standing: fc.constantFrom('serving' as const, 'starting' as const, 'quarantined' as const),
      silent: few(anyMember),
      ledger_entries: upTo(Number.MAX_SAFE_INTEGER),
      next_lock: fc.option(anyHex<LockHash>()),
      guarded_root: anyHex<Hash32>(),
      evidence_digest: anyHex<Hash32>(),
      custody_digest: anyHex<Hash32>(),
      incidents: few(fc.record({ incident_id: anyHex<IncidentId>(), digest: anyHex<Hash32>() }, PLAIN)),
      owner_messages: few(fc.record({ vault_id: anyHex<VaultId>(), digest: anyHex<Hash32>() }, PLAIN)),
    },
    PLAIN,
  ),
  vote,
  certificate: fc.record(
    {
      vault_id: anyHex<VaultId>(),
      trigger: anyTrigger,
      discriminator: anyDiscriminator,
      incident_id: anyHex<IncidentId>(),
      action: anyAction,
      votes: few(bytesUpTo(MAX_VOTE_FRAME_BYTES), 2),
    },
    PLAIN,
  ),
  evidence: fc.record({ member: anyMember, conflict: fc.constantFrom('number' as const, 'slot' as const), first: anySignedPart, second: anySignedPart }, PLAIN),
  'block-proof': fc.record({ block: anyBlock, answer: anyHex<Hash32>() }, PLAIN),
  'headers-wanted': fc.record({ locator: few(anyHex<BlockHash>(), 1) }, PLAIN),
  headers: fc.record({ headers: few(fc.uint8Array({ minLength: BLOCK_HEADER_BYTES, maxLength: BLOCK_HEADER_BYTES })) }, PLAIN),
  answered: fc.record({ pull_seq: upTo(Number.MAX_SAFE_INTEGER), is_complete: fc.boolean() }, PLAIN),
  command: fc.record({ vault_id: anyHex<VaultId>(), command_hash: anyHex<Hash32>(), height: anyHeight }, PLAIN),
  receipt: fc.oneof(
    fc.record(
      {
        statement: fc.constant('drill' as const),
        vault_id: anyHex<VaultId>(),
        command_hash: anyHex<Hash32>(),
        level: anyLevel,
        result: fc.constantFrom('no-channel' as const, 'good' as const, 'bad' as const, 'rebuilt' as const),
        tried: upTo(1_024),
        good: upTo(1_024),
        height: anyHeight,
      },
      PLAIN,
    ),
    fc.record(
      { statement: fc.constant('destroyed' as const), vault_id: anyHex<VaultId>(), command_hash: anyHex<Hash32>(), height: anyHeight },
      PLAIN,
    ),
    fc.record(
      {
        statement: fc.constantFrom('holds' as const, 'published' as const, 'let-be' as const),
        vault_id: anyHex<VaultId>(),
        generation: upTo(0xffff_ffff, 1),
        manifest_hash: anyHex<ManifestHash>(),
      },
      PLAIN,
    ),
    fc.record(
      {
        statement: fc.constant('taken-back' as const),
        vault_id: anyHex<VaultId>(),
        generation: upTo(0xffff_ffff, 1),
        manifest_hash: anyHex<ManifestHash>(),
        height: anyHeight,
      },
      PLAIN,
    ),
    fc.record(
      {
        statement: fc.constant('broadcast' as const),
        vault_id: anyHex<VaultId>(),
        incident_id: anyHex<IncidentId>(),
        txid: anyTxid,
        height: anyHeight,
      },
      PLAIN,
    ),
  ),
  release: fc.record(
    {
      incident_id: anyHex<IncidentId>(),
      manifest_hash: anyHex<ManifestHash>(),
      envelope_id: anyHex<EnvelopeId>(),
      to: anyMember,
      sealed_hash: anyHex<Hash32>(),
    },
    PLAIN,
  ),
  pull: fc.record(
    {
      incidents: few(
        fc.record(
          {
            incident_id: anyHex<IncidentId>(),
            votes: few(fc.record({ member: anyMember, anchor_height: anyHeight }, PLAIN)),
            releases: few(anyHex<EnvelopeId>()),
            broadcasts: few(anyMember),
          },
          PLAIN,
        ),
      ),
      own: fc.boolean(),
      custody: few(
        fc.record(
          {
            manifest_hash: anyHex<ManifestHash>(),
            receipts: few(anyMember),
            published: few(anyMember),
            taken_back: few(anyMember),
            let_be: few(anyMember),
            withdrawal: fc.boolean(),
          },
          PLAIN,
        ),
      ),
      evidence: few(fc.record({ member: anyMember, conflict: fc.constantFrom('number' as const, 'slot' as const) }, PLAIN)),
      owner_messages: few(
        fc.record(
          {
            vault_id: anyHex<VaultId>(),
            held: few(fc.record({ id: anyHex<Hash32>(), notices: few(anyMember), reports: few(anyMember) }, PLAIN)),
          },
          PLAIN,
        ),
      ),
    },
    PLAIN,
  ),
}

export const anyHeader: fc.Arbitrary<Header> = fc.record(
  {
    version: upTo(0xffff),
    lock_prefix: anyHex(8),
    epoch: upTo(0xffff_ffff),
    kind: anyText(32, 1),
    from: anyMember,
    peer_id: anyText(64, 1),
    boot: upTo(0xffff_ffff),
    seq: upTo(Number.MAX_SAFE_INTEGER),
    sent_at: anyMillis,
    body: bytesUpTo(200),
  },
  PLAIN,
)

export const anyFrame: fc.Arbitrary<Frame> = fc.record(
  { signed: bytesUpTo(300), signature: bytesUpTo(64, 64), attachment: fc.option(bytesUpTo(300)) },
  PLAIN,
)

const signature = fc.record({ key: anyHex(), signature: bytesUpTo(64, 64) }, PLAIN)

export const anyEnrolRequest: fc.Arbitrary<EnrolRequest> = fc.oneof(
  fc.record(
    {
      request: fc.constant('manifest' as const),
      manifest: fc.record({ bytes: bytesUpTo(300), signatures: few(signature, 1) }, PLAIN),
      envelopes: few(bytesUpTo(100, 16), 1),
      shares: few(bytesUpTo(SEALED_SHARE_BYTES, SEALED_SHARE_BYTES), 1),
    },
    PLAIN,
  ),
  fc.record(
    {
      request: fc.constant('bundle' as const),
      manifest_hash: anyHex<ManifestHash>(),
      receipts: few(bytesUpTo(MAX_RECEIPT_FRAME_BYTES), 1),
    },
    PLAIN,
  ),
  fc.record(
    { request: fc.constant('withdraw' as const), manifest_hash: anyHex<ManifestHash>(), signatures: few(signature, 1) },
    PLAIN,
  ),
)

export const anyManifestState = fc.constantFrom(
  'armed' as const,
  'waiting' as const,
  'active' as const,
  'superseded' as const,
  'withdrawn' as const,
  'cancelled' as const,
)

const anyDrillStatus = fc.constantFrom('running' as const, 'passed' as const, 'failed' as const, 'abandoned' as const)
export const anyTrial: fc.Arbitrary<LadderTrial> = fc.record(
  { tried: upTo(1_024), accepted: upTo(1_024), mempool_floor: anyFeerate, estimate: fc.option(anyFeerate) },
  PLAIN,
)

const anyDrill: fc.Arbitrary<DrillInfo> = fc.record(
  {
    command_hash: anyHex<Hash32>(),
    vault_id: anyHex<VaultId>(),
    level: anyLevel,
    commanded_at_ms: anyMillis,
    commanded_height: anyHeight,
    held_back: few(anyMember),
    trial: fc.option(anyTrial),
    status: anyDrillStatus,
    reports: few(bytesUpTo(300)),
  },
  PLAIN,
)

const anyVaultInfo: fc.Arbitrary<VaultInfo> = fc.record(
  {
    vault_id: anyHex<VaultId>(),
    revoked: fc.boolean(),
    exposed: fc.boolean(),
    deposit: fc.constantFrom('awaited' as const, 'there' as const, 'differs' as const),
    destroyable: fc.boolean(),
    drills: few(fc.record({ level: anyLevel, height: anyHeight, status: anyDrillStatus }, PLAIN)),
    manifests: few(
      fc.record(
        {
          manifest_hash: anyHex<ManifestHash>(),
          generation: upTo(0xffff_ffff),
          state: anyManifestState,
          receipts: few(anyMember),
        },
        PLAIN,
      ),
    ),
    incidents: few(fc.record({ incident_id: anyHex<IncidentId>(), trigger: anyTrigger, status: anyText(32) }, PLAIN)),
    market: fc.option(
      fc.record(
        {
          top_feerate: fc.option(anyFeerate),
          estimate: fc.option(anyFeerate),
          state: fc.constantFrom('above' as const, 'near' as const, 'under' as const, 'unknown' as const),
        },
        PLAIN,
      ),
    ),
  },
  PLAIN,
)

export const anyOwnerAnswer: fc.Arbitrary<OwnerAnswer> = fc.oneof(
  fc.record({ answer: fc.constant('receipt' as const), frame: bytesUpTo(300) }, PLAIN),
  fc.record({ answer: fc.constant('state' as const), state: anyManifestState }, PLAIN),
  fc.record(
    {
      answer: fc.constant('vaults' as const),
      member: anyMember,
      tip: fc.option(anyBlock),
      anchor: fc.option(anyBlock),
      chain: anyChainState,
      vaults: few(anyVaultInfo),
    },
    PLAIN,
  ),
  fc.record({ answer: fc.constant('drills' as const), member: anyMember, tip: fc.option(anyBlock), drills: few(anyDrill) }, PLAIN),
  fc.record(
    {
      answer: fc.constant('command' as const),
      command_hash: anyHex<Hash32>(),
      state: fc.constantFrom('accepted' as const, 'held' as const, 'known' as const),
      height: anyHeight,
    },
    PLAIN,
  ),
  fc.record(
    {
      answer: fc.constant('refused' as const),
      code: anyText(64, 1),
      message: anyText(512),
      remedy: anyText(512),
      retryable: fc.boolean(),
    },
    PLAIN,
  ),
)
