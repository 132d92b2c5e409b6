/** `belfry-consent.json`: the word of a member of the previous lock that the next one may follow. */
import type { CryptoPorts, Hasher, Verifier } from '../crypto/index.ts'
import { type Infer, fromHex, invariant, s } from '../primitives/index.ts'
import { FederationError, refuseOn } from './errors.ts'
import { type FileKind, parseFile } from './file.ts'
import { type NodeKey, nodeSignature } from './keys.ts'
import { type Lock, lockHashSchema, nameOf } from './lock.ts'
import { checkConsent, consentDigest } from './succession.ts'

export const consentSchema = s.struct({
  format: s.literal('belfry-consent'),
  version: s.literal(1),
  /** In the previous lock. */
  index: s.memberIndex,
  previous_lock_hash: lockHashSchema,
  lock_hash: lockHashSchema,
  signature: nodeSignature,
})
export type Consent = Infer<typeof consentSchema>

const CONSENT_FILE: FileKind<Consent> = {
  name: 'belfry-consent.json',
  format: 'belfry-consent',
  version: 1,
  schema: consentSchema,
  max_characters: 4_096,
}

/** @throws FederationError */
export function parseConsent(text: string): Consent {
  return parseFile(CONSENT_FILE, text)
}

/**
 * The consent of one member of `previous` to `next`, which all members of `next` have signed: a consent is given once
 * per epoch, and must not be spent on a lock that can never come about.
 * That it was not given to another one before, whoever keeps this member's consents must see to.
 * @throws FederationError where this node is no member of the previous lock
 */
export function signConsent(ports: CryptoPorts, previous: Lock, next: Lock, self: NodeKey): Consent {
  const { members, name } = previous.definition
  const member = members.find(({ node_key }) => node_key === self)
  if (!member) {
    throw new FederationError(
      'not-a-member',
      `None of the ${members.length} members of the previous lock of ${name} has the node key of this node.`,
      'Only members of the previous lock consent; a new member signs with: belfry federation sign',
    )
  }
  const consented = { previous_lock_hash: previous.lock_hash, lock_hash: next.lock_hash }
  const digest = fromHex(consentDigest(ports, consented))
  const signature = ports.sign(digest)
  invariant(ports.verifyNode(self, digest, signature), 'the signer holds the node key that it is said to')
  return { format: 'belfry-consent', version: 1, index: member.index, ...consented, signature }
}

/**
 * As they stand in the lock: one of each member, in order.
 * @throws FederationError the first consent that is wrong, or was given to another lock
 */
export function consentsOf(
  ports: Hasher & Verifier,
  previous: Lock,
  next: Lock,
  consents: readonly Consent[],
): Lock['consents'] {
  refuseOn(consents.flatMap((consent) => checkConsentFile(ports, previous, next, consent)))
  return previous.definition.members.flatMap(({ index }) => {
    const found = consents.find((one) => one.index === index)
    return found ? [{ index, signature: found.signature }] : []
  })
}

function checkConsentFile(
  ports: Hasher & Verifier,
  { lock_hash: previous_lock_hash, definition }: Lock,
  { lock_hash }: Lock,
  consent: Consent,
): FederationError[] {
  const member = definition.members.find(({ index }) => index === consent.index)
  if (member && (consent.lock_hash !== lock_hash || consent.previous_lock_hash !== previous_lock_hash)) {
    return [
      new FederationError(
        'consent-for-other-lock',
        `${nameOf(member)} consented to the lock ${consent.lock_hash}, not to ${lock_hash}.`,
        'Leave it out; a member consents to one lock per epoch, so ask the others.',
      ),
    ]
  }
  const digest = fromHex(consentDigest(ports, { previous_lock_hash, lock_hash }))
  return checkConsent(ports, definition, digest, consent.index, consent.signature)
}
