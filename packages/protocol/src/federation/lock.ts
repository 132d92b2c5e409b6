/** `federation.lock.json`: the definition, signed by every member. Only from it does a node take its federation. */
import type { CryptoPorts, Hasher, Verifier } from '../crypto/index.ts'
import { hashOf } from '../crypto/index.ts'
import { type Infer, type LockHash, fromHex, invariant, s } from '../primitives/index.ts'
import { type Definition, type DefinitionMember, checkDefinition, definitionSchema } from './definition.ts'
import { FederationError, refuseOn } from './errors.ts'
import { type FileKind, parseFile } from './file.ts'
import { type NodeKey, nodeSignature } from './keys.ts'
import { MAX_MEMBERS } from './thresholds.ts'

const PREFIX_BYTES = 8
/** More changes of membership than a federation will see. */
const MAX_EPOCH = 0xffff

const lockHashSchema = s.hex<LockHash>(32)

const hashedFields = {
  format: s.literal('belfry-federation-lock'),
  version: s.literal(1),
  definition: definitionSchema,
  /** 0 for the first lock of a federation. */
  epoch: s.uint(MAX_EPOCH),
  previous_lock_hash: s.nullable(lockHashSchema),
}
const hashedSchema = s.struct(hashedFields)
const indexedSignature = s.struct({ index: s.memberIndex, signature: nodeSignature })

export const lockSchema = s.struct({
  ...hashedFields,
  lock_hash: lockHashSchema,
  /** One of each member over the lock hash, in the order of their indices. */
  signatures: s.list(indexedSignature, MAX_MEMBERS),
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
  // The definition's maximum, indented deeper, and 64 signatures.
  max_characters: 327_680,
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
 * This member's signature of the first lock. `self` is the signer's own node key.
 * @throws FederationError where the definition is wrong in any point, or does not name this node
 */
export function signDefinition(ports: CryptoPorts, definition: Definition, self: NodeKey): LockSignature {
  refuseOn(checkDefinition(ports, definition))
  const member = definition.members.find(({ node_key }) => node_key === self)
  if (!member) {
    throw new FederationError(
      'not-a-member',
      `None of the ${definition.members.length} members of ${definition.name} has the node key of this node.`,
      'Check that this is the data directory whose card is in the definition.',
    )
  }
  const lock_hash = lockHash(ports, firstLock(definition))
  const signature = ports.sign(fromHex(lock_hash))
  invariant(ports.verifyNode(self, fromHex(lock_hash), signature), 'the signer holds the node key that it is said to')
  return { format: 'belfry-signature', version: 1, index: member.index, lock_hash, signature }
}

/**
 * The lock, from the signature files of all members in any order; a file given twice does no harm.
 * @throws FederationError the first thing that is wrong: the definition, a signature (naming whose), or who is missing
 */
export function assembleLock(
  ports: Hasher & Verifier,
  definition: Definition,
  signatures: readonly LockSignature[],
): Lock {
  refuseOn(checkDefinition(ports, definition))
  const body = firstLock(definition)
  const lock_hash = lockHash(ports, body)
  refuseOn(signatures.flatMap((signature) => checkSignatureFile(ports, definition, lock_hash, signature)))
  const ordered = definition.members.flatMap(({ index }) => {
    const found = signatures.find((one) => one.index === index)
    return found ? [{ index, signature: found.signature }] : []
  })
  const lock = { ...body, lock_hash, signatures: ordered }
  refuseOn(verifyLock(ports, lock))
  return lock
}

/** Everything wrong with a lock, its definition and cards included; none means that it may be trusted as a whole. */
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
  ]
}

function firstLock(definition: Definition): Omit<Lock, 'lock_hash' | 'signatures'> {
  return { format: 'belfry-federation-lock', version: 1, definition, epoch: 0, previous_lock_hash: null }
}

function nameOf({ name, index }: Pick<DefinitionMember, 'name' | 'index'>): string {
  return `${name} (member ${index})`
}

function checkEpoch({ epoch, previous_lock_hash }: Lock): FederationError[] {
  if (epoch === 0 && previous_lock_hash === null) return []
  return [
    new FederationError(
      'lock-epoch-unsupported',
      `The lock has epoch ${epoch} and ${previous_lock_hash === null ? 'no' : 'a'} previous lock; ` +
        'this version knows first locks only: epoch 0 without a previous one.',
      'Use the first lock of the federation, or a release of belfry that can change members.',
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

function checkSignatureFile(
  verifier: Verifier,
  definition: Definition,
  hash: LockHash,
  { index, lock_hash, signature }: LockSignature,
): FederationError[] {
  const member = definition.members.find((one) => one.index === index)
  if (member && lock_hash !== hash) {
    return [
      new FederationError(
        'signature-for-other-lock',
        `${nameOf(member)} signed the lock ${lock_hash}, not ${hash}: another definition than this one.`,
        `Give ${member.name} this federation.definition.json to sign.`,
      ),
    ]
  }
  return checkSignature(verifier, definition, hash, index, signature)
}

function checkSignature(
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
