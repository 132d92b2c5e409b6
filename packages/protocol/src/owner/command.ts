/** What an owner or guardian orders, once and signed: the envelope that every command travels in, and what each may say. */
import { blockRef } from '../chain/index.ts'
import { type Hasher, taggedHash } from '../crypto/index.ts'
import { MAX_MEMBERS, MAX_PANIC_KEYS } from '../custody/limits.ts'
import { ownerSignature } from '../custody/manifest.ts'
import { type Hash32, type Infer, type LockHash, type ManifestHash, type VaultId, fromCbor, s, toCbor, toHex } from '../primitives/index.ts'
import { DRILL_LEVELS } from './limits.ts'

/** The owner's anchor is at least this deep in the owner's own chain, so that no ordinary reorganisation undoes it. */
export const ANCHOR_DEPTH = 6
/** Blocks that the anchor may lie behind a member's tip less ANCHOR_DEPTH when the command first reaches it. */
export const COMMAND_RECENCY = 12

/** What the owner's own client found when it tried the whole ladder on a bitcoind: what no member can, who never see K. */
export const ladderTrial = s.struct({
  /** Transactions tried, each K together with its U. */
  tried: s.uint(1_024),
  accepted: s.uint(1_024),
  /** sat/kvB below which that bitcoind's mempool took nothing then. */
  mempool_floor: s.feerate,
  /** sat/kvB that it estimated; null where it had no estimate. */
  estimate: s.nullable(s.feerate),
})
export type LadderTrial = Infer<typeof ladderTrial>

export const order = s.variant('order', {
  /** Take the deposit to deep cold now. k of the manifest's panic keys. */
  panic: s.struct({}),
  /** Keep a waiting generation from activating. Any one owner key. It stays armed. */
  'cancel-generation': s.struct({ manifest_hash: s.hex<ManifestHash>(32) }),
  /** End intents and the dead-man switch for good, and never the clawback. Enrolment keys, k of m. */
  revoke: s.struct({}),
  /** Forget shares of a vault whose coin has left, 100 deep. Enrolment keys, k of m. */
  destroy: s.struct({}),
  /** Rehearse. Any one owner key. Levels: 1 notification, 2 shares, 3 ladder, 4 vote to rebuild, 5 the same with members held back. */
  drill: s.struct({
    level: s.uint(DRILL_LEVELS, 1),
    /** Members that keep still in this drill (level 5). */
    held_back: s.list(s.memberIndex, MAX_MEMBERS),
    /** Level 3 only. */
    trial: s.nullable(ladderTrial),
  }),
})
export type Order = Infer<typeof order>

export const command = s.struct({
  format: s.literal('belfry-command'),
  version: s.literal(1),
  lock_hash: s.hex<LockHash>(32),
  vault_id: s.hex<VaultId>(32),
  /** Random: the same order given twice is two commands. */
  nonce: s.blob(16, 16),
  /** A block that the owner's bitcoind had at least ANCHOR_DEPTH deep: says when it was given. */
  anchor: blockRef,
  what: order,
})
export type Command = Infer<typeof command>

/** The largest is a drill that names 64 members. */
export const MAX_COMMAND_BYTES = 1_024

/** As it travels and is kept: the very bytes that were signed, each signature BIP-340 over `commandDigest`. */
export const signedCommand = s.struct({
  bytes: s.blob(MAX_COMMAND_BYTES, 1),
  signatures: s.list(ownerSignature, MAX_PANIC_KEYS, 1),
})
export type SignedCommand = Infer<typeof signedCommand>

/** Encoded: the command, and for each signature its key and the CBOR around it. */
export const MAX_SIGNED_COMMAND_BYTES = 64 + MAX_COMMAND_BYTES + 128 * MAX_PANIC_KEYS

export function encodeSignedCommand(value: SignedCommand): Uint8Array {
  return toCbor(signedCommand, value)
}

/** @throws SchemaError */
export function decodeSignedCommand(bytes: Uint8Array): SignedCommand {
  return fromCbor(signedCommand, bytes)
}

export function encodeCommand(value: Command): Uint8Array {
  return toCbor(command, value)
}

/** @throws SchemaError */
export function decodeCommand(bytes: Uint8Array): Command {
  return fromCbor(command, bytes)
}

/** What is signed. */
export function commandDigest(hasher: Hasher, bytes: Uint8Array): Uint8Array {
  return taggedHash(hasher, 'owner_command', bytes)
}

/** Names a command, whoever signed it: the discriminator of its incident. */
export function commandHash(hasher: Hasher, bytes: Uint8Array): Hash32 {
  return toHex(commandDigest(hasher, bytes)) as Hash32
}
