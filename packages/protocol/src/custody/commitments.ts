/**
 * What the owner commits to in a manifest, so that a member can check its share before it signs a receipt, and a
 * broadcaster each share before it combines them: the secret sharing itself has no integrity.
 */
import { type Hasher, hashOf, taggedHash } from '../crypto/index.ts'
import {
  type EnvelopeId,
  type Hash32,
  type IncidentId,
  type LockHash,
  type ManifestHash,
  type MemberIndex,
  type Txid,
  type VaultId,
  s,
  toCbor,
  toHex,
} from '../primitives/index.ts'

/** A share of Shamir's scheme over GF(256): 32 bytes of y and, last, its x. */
export const SHARE_BYTES = 33
export const ENVELOPE_KEY_BYTES = 32

const id = s.hex(32)
const shareContext = s.struct({
  vault_id: id,
  generation: s.uint(0xffff_ffff),
  envelope_id: id,
  member: s.memberIndex,
})

/** No salt is needed: a share has 256 bits of entropy. It follows its context as it is, for what is encoded leaves copies in memory. */
export function commitToShare(
  hasher: Hasher,
  { share, ...context }: { vault_id: VaultId; generation: number; envelope_id: EnvelopeId; member: MemberIndex; share: Uint8Array },
): Hash32 {
  return toHex(taggedHash(hasher, 'share', toCbor(shareContext, context), share)) as Hash32
}

export function commitToKey(hasher: Hasher, key: Uint8Array): Hash32 {
  return toHex(taggedHash(hasher, 'envelope_key', key)) as Hash32
}

export function hashOfEnvelope(hasher: Hasher, envelope: Uint8Array): Hash32 {
  return toHex(taggedHash(hasher, 'envelope_bytes', envelope)) as Hash32
}

const envelopeIdentity = s.struct({
  vault_id: id,
  generation: s.uint(0xffff_ffff),
  label: s.text(64, 1),
  key_hash: id,
})

/** Unique to one key, so that two manifests of one generation can never share a release slot. */
export function envelopeIdOf(
  hasher: Hasher,
  identity: { vault_id: VaultId; generation: number; label: string; key_hash: Hash32 },
): EnvelopeId {
  return hashOf(hasher, 'envelope', envelopeIdentity, identity) as EnvelopeId
}

const envelopeContext = s.struct({
  vault_id: id,
  generation: s.uint(0xffff_ffff),
  envelope_id: id,
  txid: s.nullable(s.txid),
})

/** Associated data of the envelope's cipher; `txid` is null for the drill's. */
export function envelopeAad(context: {
  vault_id: VaultId
  generation: number
  envelope_id: EnvelopeId
  txid: Txid | null
}): Uint8Array {
  return toCbor(envelopeContext, context)
}

const enrolContext = s.struct({ lock_hash: id, manifest_hash: id, envelope_id: id, recipient: s.memberIndex })

/** HPKE info under which the owner seals a share to a member. */
export function enrolInfo(
  hasher: Hasher,
  context: { lock_hash: LockHash; manifest_hash: ManifestHash; envelope_id: EnvelopeId; recipient: MemberIndex },
): Uint8Array {
  return taggedHash(hasher, 'enrol_info', toCbor(enrolContext, context))
}

const releaseContext = s.struct({
  lock_hash: id,
  incident_id: id,
  manifest_hash: id,
  envelope_id: id,
  from: s.memberIndex,
  to: s.memberIndex,
})

/** HPKE info under which a member seals its share to a broadcaster. */
export function releaseInfo(
  hasher: Hasher,
  context: {
    lock_hash: LockHash
    incident_id: IncidentId
    manifest_hash: ManifestHash
    envelope_id: EnvelopeId
    from: MemberIndex
    to: MemberIndex
  },
): Uint8Array {
  return taggedHash(hasher, 'release_info', toCbor(releaseContext, context))
}
