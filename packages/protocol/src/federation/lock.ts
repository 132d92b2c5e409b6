/** `federation.lock.json`: the definition, signed by every member. Only from it does a node take its federation. */
import type { Hasher, Verifier } from '../crypto/index.ts'
import { hashOf } from '../crypto/index.ts'
import { type Infer, type LockHash, fromHex, s } from '../primitives/index.ts'
import { type Definition, type DefinitionMember, checkDefinition, definitionSchema } from './definition.ts'
import { FederationError } from './errors.ts'
import { type FileKind, parseFile } from './file.ts'
import { nodeSignature } from './keys.ts'
import { MAX_MEMBERS } from './thresholds.ts'

const PREFIX_BYTES = 8
/** More changes of membership than a federation will see. */
const MAX_EPOCH = 0xffff

export const lockHashSchema = s.hex<LockHash>(32)

const hashedFields = {
  format: s.literal('belfry-federation-lock'),
  version: s.literal(1),
  definition: definitionSchema,
  /** 0 for the first lock of a federation. */
  epoch: s.uint(MAX_EPOCH),
  previous_lock_hash: s.nullable(lockHashSchema),
}
/** What a lock says, before anybody signed it. */
export type LockBody = Infer<typeof hashedSchema>
const hashedSchema = s.struct(hashedFields)
const indexedSignature = s.struct({ index: s.memberIndex, signature: nodeSignature })

export const lockSchema = s.struct({
  ...hashedFields,
  lock_hash: lockHashSchema,
  /** One of each member over the lock hash, in the order of their indices. */
  signatures: s.list(indexedSignature, MAX_MEMBERS),
  /**
   * Of members of the previous lock, with their indices there and in their order: see succession.ts. None in epoch 0.
   * The lock hash does not cover them, so a lock is the same lock whichever members its consents come from.
   */
  consents: s.list(indexedSignature, MAX_MEMBERS),
})
export type Lock = Infer<typeof lockSchema>

/** `belfry-signature.json`: what a member hands to whoever assembles the lock. */
export const lockSignatureSchema = s.struct({
  format: s.literal('belfry-signature'),
  version: s.literal(1),
  index: s.memberIndex,
  lock_hash: lockHashSchema,
  signature: nodeSignature,
})
export type LockSignature = Infer<typeof lockSignatureSchema>

const LOCK_FILE: FileKind<Lock> = {
  name: 'federation.lock.json',
  format: 'belfry-federation-lock',
  version: 1,
  schema: lockSchema,
  // The definition's maximum, indented deeper, 64 signatures and 64 consents.
  max_characters: 344_064,
}

const SIGNATURE_FILE: FileKind<LockSignature> = {
  name: 'belfry-signature.json',
  format: 'belfry-signature',
  version: 1,
  schema: lockSignatureSchema,
  max_characters: 4_096,
}

/** @throws FederationError */
export function parseLock(text: string): Lock {
  return parseFile(LOCK_FILE, text)
}

/** @throws FederationError */
export function parseLockSignature(text: string): LockSignature {
  return parseFile(SIGNATURE_FILE, text)
}

/**
 * What the members sign. It is a tagged hash, so signing its 32 bytes signs for this purpose only, and libp2p's own use
 * of the node key (56 bytes with a prefix) can never be taken for it.
 */
export function lockHash(hasher: Hasher, lock: Pick<Lock, 'definition' | 'epoch' | 'previous_lock_hash'>): LockHash {
  const fixed = { format: 'belfry-federation-lock', version: 1 } as const
  return hashOf(hasher, 'lock', hashedSchema, { ...fixed, ...lock }) as LockHash
}

/** 16 hex digits that topics, protocols and messages carry. */
export function lockPrefix(hash: LockHash): string {
  return hash.slice(0, 2 * PREFIX_BYTES)
}

/**
 * Everything wrong with a lock in itself, its definition and cards included; none means that its own members made it.
 * That a later lock rightly follows the one it names, only that lock can show: see verifySuccession.
 */
export function verifyLock(ports: Hasher & Verifier, lock: Lock): readonly FederationError[] {
  const { definition, signatures } = lock
  const hash = lockHash(ports, lock)
  return [
    ...checkDefinition(ports, definition),
    ...checkEpoch(lock),
    ...checkLockHash(lock, hash),
    // Over the hash computed here: what a lock says of itself is worth nothing.
    ...signatures.flatMap(({ index, signature }) => checkSignature(ports, definition, hash, index, signature)),
    ...checkCompleteness(lock),
    ...checkConsentOrder(lock),
  ]
}

/** As errors name a member. */
export function nameOf({ name, index }: Pick<DefinitionMember, 'name' | 'index'>): string {
  return `${name} (member ${index})`
}

function checkEpoch({ epoch, previous_lock_hash, consents }: Lock): FederationError[] {
  const isFirst = epoch === 0
  if (isFirst === (previous_lock_hash === null) && (!isFirst || consents.length === 0)) return []
  return [
    new FederationError(
      'lock-epoch-wrong',
      `The lock has epoch ${epoch}, ${previous_lock_hash === null ? 'no' : 'a'} previous lock and ${consents.length} ` +
        'consents; a first lock has epoch 0 and neither of them, every other has a previous lock.',
      'Get the lock again from another member.',
    ),
  ]
}

/** Whether they are of members of the previous lock, only that lock can tell: see verifySuccession. */
function checkConsentOrder({ consents }: Lock): FederationError[] {
  if (consents.every(({ index }, at) => index > (consents[at - 1]?.index ?? 0))) return []
  return [
    new FederationError(
      'consents-out-of-order',
      'The consents are not at most one of each member in the order of their indices.',
      'Assemble the lock again with: belfry federation lock',
    ),
  ]
}

function checkLockHash(lock: Lock, hash: LockHash): FederationError[] {
  if (lock.lock_hash === hash) return []
  return [
    new FederationError(
      'lock-hash-differs',
      `The lock hashes to ${hash}, but says ${lock.lock_hash}: it was changed after it was made.`,
      'Get the lock again from another member, and compare the hash with all of them.',
    ),
  ]
}

/** Of one member over the lock hash that was computed, not claimed. */
export function checkSignature(
  verifier: Verifier,
  { members }: Definition,
  hash: LockHash,
  index: number,
  signature: Uint8Array,
): FederationError[] {
  const member = members.find((one) => one.index === index)
  if (!member) {
    return [
      new FederationError(
        'signature-of-stranger',
        `There is a signature of member ${index}, but the federation has the members 1 to ${members.length}.`,
        'Leave that signature out.',
      ),
    ]
  }
  if (verifier.verifyNode(member.node_key, fromHex(hash), signature)) return []
  return [
    new FederationError(
      'signature-wrong',
      `The signature of ${nameOf(member)} is not by its node key over this lock.`,
      `Ask ${member.name} to sign this definition again with: belfry federation sign`,
    ),
  ]
}

function checkCompleteness({ definition: { members }, signatures }: Lock): FederationError[] {
  const missing = members.filter(({ index }) => !signatures.some((one) => one.index === index))
  if (missing.length > 0) {
    return [
      new FederationError(
        'lock-half-signed',
        `Missing ${missing.length} of ${members.length} signatures: ${missing.map(nameOf).join(', ')}.`,
        'Every member signs the definition with: belfry federation sign. Then assemble the lock again.',
      ),
    ]
  }
  if (signatures.length === members.length && signatures.every((one, at) => one.index === members[at]?.index)) return []
  return [
    new FederationError(
      'signatures-out-of-order',
      'The signatures are not exactly one of each member in the order of their indices.',
      'Assemble the lock again with: belfry federation lock',
    ),
  ]
}
