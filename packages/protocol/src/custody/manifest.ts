/** The owner-signed public description of a vault: what is committed to, and by whose rules. No secret is in it. */
import { type Hasher, type Verifier, hashOf, taggedHash } from '../crypto/index.ts'
import {
  type EnvelopeId,
  type Hash32,
  type Infer,
  type LockHash,
  type ManifestHash,
  type Outpoint,
  type VaultId,
  fromCbor,
  outpointOf,
  s,
  toCbor,
  toHex,
} from '../primitives/index.ts'
import { MAX_MEMBERS, MAX_OWNER_KEYS, MAX_PANIC_KEYS, MAX_RUNGS, MAX_UNVAULTS } from './limits.ts'

/** Binds one member's share: x is the share's 33rd byte, the hash covers all 33 (see commitments.ts). */
export const shareCommitment = s.struct({ member: s.memberIndex, x: s.uint(255, 1), hash: s.hex<Hash32>(32) })
export type ShareCommitment = Infer<typeof shareCommitment>

const sealing = {
  envelope_id: s.hex<EnvelopeId>(32),
  /** Tagged hash of the envelope's bytes. */
  envelope_hash: s.hex<Hash32>(32),
  /** Tagged hash of the envelope's key. */
  key_hash: s.hex<Hash32>(32),
  /** One per member, by index. */
  shares: s.list(shareCommitment, MAX_MEMBERS, 1),
}

/** A rung: one pre-signed transaction at one feerate, in its envelope. */
const rungFields = {
  ...sealing,
  txid: s.txid,
  wtxid: s.txid,
  vsize: s.uint(100_000, 1),
  fee: s.sats,
  feerate: s.feerate,
}
export const rung = s.struct(rungFields)
export type Rung = Infer<typeof rung>

/**
 * A clawback signed ALL|ANYONECANPAY, which a member completes with a coin of its own. Its txid and wtxid are those without
 * that coin; what cannot change are the outputs.
 */
export const openRung = s.struct({ ...rungFields, outputs_hash: s.hex<Hash32>(32) })
export type OpenRung = Infer<typeof openRung>

/** The envelope that drills open; it holds random bytes and no transaction. */
export const drillEnvelope = s.struct(sealing)
export type DrillEnvelope = Infer<typeof drillEnvelope>

export type AnyEnvelope = Rung | DrillEnvelope

/** One variant of U with all that claws it back. Members never hold U itself. */
export const unvault = s.struct({
  txid: s.txid,
  /** The output that the clawbacks spend; 0 for Belfry's own vaults, whose U has no other. */
  vout: s.uint(0xffff_ffff),
  vsize: s.uint(100_000, 1),
  fee: s.sats,
  /** Lowest feerate first. */
  clawback: s.list(rung, MAX_RUNGS, 1),
  /** A: takes a fee coin in. Released only where it is safe, after the top rung (docs/protocol.md). */
  anyone_can_pay: s.nullable(openRung),
  /** P: has an output that anyone can spend, so that a child pays for it (BIP-433). Released as A is. */
  anchored: s.nullable(rung),
})
export type Unvault = Infer<typeof unvault>

export const ownerKey = s.hex(32)
export const actAt = s.oneOf('confirmation', 'mempool')
export type ActAt = Infer<typeof actAt>

export const manifest = s.struct({
  format: s.literal('belfry-manifest'),
  version: s.literal(1),
  name: s.text(64, 1),
  lock_hash: s.hex<LockHash>(32),
  epoch: s.uint(0xffff_ffff),
  vault_id: s.hex<VaultId>(32),
  generation: s.uint(0xffff_ffff, 1),
  /** The active manifest that this one would follow; null for the first generation. */
  previous: s.nullable(s.hex<ManifestHash>(32)),
  deposit: s.struct({
    outpoint: s.outpoint,
    value: s.sats,
    script: s.blob(10_000, 1),
    /**
     * `after-receipts`: the coin is paid in only once the members hold the manifest, for the keys that signed the recovery set
     * are destroyed before (a covenant by deletion). Until then there is nothing to look at.
     */
    funding: s.oneOf('confirmed', 'after-receipts'),
  }),
  /** W: blocks that the hot key must wait after U confirmed (BIP-112). */
  csv: s.uint(65_535, 1),
  act_at: actAt,
  unvaults: s.list(unvault, MAX_UNVAULTS),
  /** Lowest feerate first. */
  emergency: s.list(rung, MAX_RUNGS),
  /** Bring the deposit to staging when the owner has gone silent. Lowest feerate first. */
  dead_man: s.list(rung, MAX_RUNGS),
  drill: drillEnvelope,
  /** BIP-340 keys, x-only. */
  owner: s.struct({
    root: ownerKey,
    enrol: s.struct({ k: s.uint(MAX_OWNER_KEYS, 1), keys: s.list(ownerKey, MAX_OWNER_KEYS, 1) }),
    announce: s.list(ownerKey, MAX_OWNER_KEYS),
    /** k of these, owners' and guardians', may call a panic. */
    panic: s.struct({ k: s.uint(MAX_PANIC_KEYS, 1), keys: s.list(ownerKey, MAX_PANIC_KEYS, 1) }),
  }),
  /** Blocks between the complete bundle of receipts and activation, for generations after the first. */
  activation_delay: s.uint(10_000, 1),
})
export type Manifest = Infer<typeof manifest>
/** k of them sign what follows. */
export type EnrolmentKeys = Manifest['owner']['enrol']

/** A signature by one of the keys that a rule asks for. */
export const ownerSignature = s.struct({ key: ownerKey, signature: s.blob(64, 64) })
export type OwnerSignature = Infer<typeof ownerSignature>

/** 64 members × 97 envelopes of commitments is the largest; a usual manifest has about 6 kB. */
export const MAX_MANIFEST_BYTES = 640 * 1024

/** As it travels and is kept: the very bytes that were signed. */
export const signedManifest = s.struct({
  bytes: s.blob(MAX_MANIFEST_BYTES),
  signatures: s.list(ownerSignature, MAX_OWNER_KEYS, 1),
})
export type SignedManifest = Infer<typeof signedManifest>

/** @throws SchemaError */
export function decodeManifest(bytes: Uint8Array): Manifest {
  return fromCbor(manifest, bytes)
}

export function encodeManifest(value: Manifest): Uint8Array {
  return toCbor(manifest, value)
}

export function manifestHash(hasher: Hasher, bytes: Uint8Array): ManifestHash {
  return toHex(taggedHash(hasher, 'manifest', bytes)) as ManifestHash
}

const vaultIdentity = s.struct({ outpoint: s.outpoint, root: ownerKey })

/** Several vaults of different owners on one outpoint are independent. */
export function vaultIdOf(hasher: Hasher, outpoint: Outpoint, root: string): VaultId {
  return hashOf(hasher, 'vault', vaultIdentity, { outpoint, root }) as VaultId
}

/**
 * At least k distinct enrolment keys signed these bytes under `domain`. Foreign signatures do not count. One that is wrong ends it:
 * nobody honest makes one, and whoever forges many would have me look at each.
 */
export function signedByOwner(
  ports: Hasher & Verifier,
  domain: 'manifest' | 'withdraw',
  bytes: Uint8Array,
  signatures: readonly OwnerSignature[],
  { k, keys }: Manifest['owner']['enrol'],
): boolean {
  const digest = taggedHash(ports, domain, bytes)
  const signers = new Set<string>()
  for (const { key, signature } of signatures) {
    if (signers.size >= k) break
    if (!keys.includes(key) || signers.has(key)) continue
    if (!ports.verifyOwner(key, digest, signature)) return false
    signers.add(key)
  }
  return signers.size >= k
}

/** The output of U that its clawbacks spend. */
export function unvaultOutpoint({ txid, vout }: Pick<Unvault, 'txid' | 'vout'>): Outpoint {
  return outpointOf(txid, vout)
}

/** Every clawback of one variant: its ladder, then the means that take fee coins. */
export function clawbacksOf({ clawback, anyone_can_pay, anchored }: Unvault): Rung[] {
  return [...clawback, ...(anyone_can_pay ? [anyone_can_pay] : []), ...(anchored ? [anchored] : [])]
}

/** Everything that recovers the coin from a thief: clawbacks by variant, then emergency. */
export function rungsOf(value: Manifest): Rung[] {
  return [...value.unvaults.flatMap(clawbacksOf), ...value.emergency]
}

/** In the order in which envelopes and shares travel: see envelopeLabels. */
export function envelopesOf(value: Manifest): AnyEnvelope[] {
  return [...rungsOf(value), ...value.dead_man, value.drill]
}
