/** From a definition and the members' signature files to a lock. */
import type { CryptoPorts, Hasher, Verifier } from '../crypto/index.ts'
import { type LockHash, fromHex, invariant } from '../primitives/index.ts'
import { type Change, checkChange, nextBody } from './change.ts'
import { type Consent, consentsOf } from './consent.ts'
import { type Definition, checkDefinition } from './definition.ts'
import { FederationError, refuseOn } from './errors.ts'
import type { NodeKey } from './keys.ts'
import { type Lock, type LockBody, type LockSignature, checkSignature, lockHash, nameOf, verifyLock } from './lock.ts'
import { verifySuccession } from './succession.ts'

/**
 * This member's signature of the first lock. `self` is the signer's own node key.
 * @throws FederationError where the definition is wrong in any point, or does not name this node
 */
export function signDefinition(ports: CryptoPorts, definition: Definition, self: NodeKey): LockSignature {
  refuseOn(checkDefinition(ports, definition))
  return sign(ports, firstBody(definition), self)
}

/**
 * This member's signature of the next lock, of which it is to be a member.
 * @throws FederationError where the change is wrong in any point, or its definition does not name this node
 */
export function signChange(ports: CryptoPorts, change: Change, self: NodeKey): LockSignature {
  refuseOn(checkChange(ports, change))
  return sign(ports, nextBody(change), self)
}

/**
 * The first lock, from the signature files of all members in any order; a file given twice does no harm.
 * @throws FederationError the first thing that is wrong: the definition, a signature (naming whose), or who is missing
 */
export function assembleLock(
  ports: Hasher & Verifier,
  definition: Definition,
  signatures: readonly LockSignature[],
): Lock {
  refuseOn(checkDefinition(ports, definition))
  return signedLock(ports, firstBody(definition), signatures)
}

/**
 * The next lock, from the signature files of all its members and the consents of enough members of the previous one,
 * each in any order.
 * @throws FederationError the first thing that is wrong, or who is missing
 */
export function assembleNextLock(
  ports: Hasher & Verifier,
  change: Change,
  signatures: readonly LockSignature[],
  consents: readonly Consent[],
): Lock {
  refuseOn(checkChange(ports, change))
  const signed = signedLock(ports, nextBody(change), signatures)
  const lock = { ...signed, consents: consentsOf(ports, change.previous, signed, consents) }
  refuseOn(verifySuccession(ports, change.previous, lock))
  return lock
}

/**
 * Signed by all its members, and by nobody else yet.
 * @throws FederationError a signature that is wrong (naming whose), or who is missing
 */
export function signedLock(ports: Hasher & Verifier, body: LockBody, signatures: readonly LockSignature[]): Lock {
  const { definition } = body
  const lock_hash = lockHash(ports, body)
  refuseOn(signatures.flatMap((signature) => checkSignatureFile(ports, definition, lock_hash, signature)))
  const ordered = definition.members.flatMap(({ index }) => {
    const found = signatures.find((one) => one.index === index)
    return found ? [{ index, signature: found.signature }] : []
  })
  const lock = { ...body, lock_hash, signatures: ordered, consents: [] }
  refuseOn(verifyLock(ports, lock))
  return lock
}

function firstBody(definition: Definition): LockBody {
  return { format: 'belfry-federation-lock', version: 1, definition, epoch: 0, previous_lock_hash: null }
}

function sign(ports: CryptoPorts, body: LockBody, self: NodeKey): LockSignature {
  const { definition } = body
  const member = definition.members.find(({ node_key }) => node_key === self)
  if (!member) {
    throw new FederationError(
      'not-a-member',
      `None of the ${definition.members.length} members of ${definition.name} has the node key of this node.`,
      'Check that this is the data directory whose card is in the definition.',
    )
  }
  const lock_hash = lockHash(ports, body)
  const signature = ports.sign(fromHex(lock_hash))
  invariant(ports.verifyNode(self, fromHex(lock_hash), signature), 'the signer holds the node key that it is said to')
  return { format: 'belfry-signature', version: 1, index: member.index, lock_hash, signature }
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
        `Give ${member.name} the file that is being locked to sign.`,
      ),
    ]
  }
  return checkSignature(verifier, definition, hash, index, signature)
}
