/** Signatures of k of m enrolment keys, on devices that never meet: each adds its own to a file. */
import { sha256 } from '@belfry/keystore'
import { type OwnerSignature, taggedHash } from '@belfry/protocol'
import { verifier } from '../crypto.ts'
import { ClientError } from '../errors.ts'
import type { EnrolmentBundle, OwnerKeys, RootKey } from './bundle.ts'

type Domain = 'manifest' | 'withdraw'

export interface Signing {
  /** Keys whose signatures are there and hold, in the order of `signers`. */
  readonly signed: readonly string[]
  /** One of each of these. */
  readonly holding: readonly OwnerSignature[]
  /** Keys of `signers` of which a signature is there, and none that holds: it counts nowhere, and is not sent. */
  readonly wrong: readonly string[]
  /** Keys that have not signed, or wrongly. */
  readonly open: readonly string[]
  /** How many more must sign. */
  readonly lacking: number
}

/** @param bytes of the manifest, whatever is said about it */
export function signingOf(
  domain: Domain,
  bytes: Uint8Array,
  signatures: readonly OwnerSignature[],
  { k, keys }: OwnerKeys['enrol'],
): Signing {
  const holding = holdingOf(domain, bytes, signatures).filter(({ key }) => keys.includes(key))
  const signed = keys.filter((key) => holding.some((one) => one.key === key))
  const open = keys.filter((key) => !signed.includes(key))
  const wrong = open.filter((key) => signatures.some((one) => one.key === key))
  return { signed, holding, wrong, open, lacking: Math.max(0, k - signed.length) }
}

/** Of each key the first signature that holds. A member refuses what has a wrong one among good ones. */
function holdingOf(domain: Domain, bytes: Uint8Array, signatures: readonly OwnerSignature[]): OwnerSignature[] {
  const digest = taggedHash({ sha256 }, domain, bytes)
  const holding = signatures.filter(({ key, signature }) => verifier.verifyOwner(key, digest, signature))
  return holding.filter((one, at) => holding.findIndex(({ key }) => key === one.key) === at)
}

/** @throws ClientError not-a-signer where the key is none of those that are asked */
export function requireSigner(key: string, { keys }: OwnerKeys['enrol']): void {
  if (keys.includes(key)) return
  throw new ClientError(
    'not-a-signer',
    `${key} is none of the enrolment keys that members ask (${keys.join(', ')})`,
    'Give the data directory of an owner whose card was named at enrolment.',
  )
}

/** @throws ClientError not-a-signer */
export function signatureBy(domain: Domain, bytes: Uint8Array, key: RootKey, signers: OwnerKeys['enrol']): OwnerSignature {
  requireSigner(key.publicKey, signers)
  return { key: key.publicKey, signature: key.signSchnorr(taggedHash({ sha256 }, domain, bytes)) }
}

export function signingOfBundle({ manifest, signers }: EnrolmentBundle): Signing {
  return signingOf('manifest', manifest.bytes, manifest.signatures, signers)
}

/**
 * The bundle with one more signature; the same bundle where this key signed before. What else stands among the signatures
 * and is none is left out, for a manifest has room for so many.
 * @throws ClientError not-a-signer
 */
export function countersign(bundle: EnrolmentBundle, key: RootKey): EnrolmentBundle {
  const { bytes, signatures } = withoutWrong(bundle).manifest
  const signature = signatureBy('manifest', bytes, key, bundle.signers)
  const others = signatures.filter((one) => one.key !== key.publicKey)
  return { ...bundle, manifest: { bytes, signatures: [...others, signature] } }
}

/** The same enrolment with the signatures that hold. */
export function withoutWrong(bundle: EnrolmentBundle): EnrolmentBundle {
  const { bytes, signatures } = bundle.manifest
  return { ...bundle, manifest: { bytes, signatures: holdingOf('manifest', bytes, signatures) } }
}

/** @throws ClientError signatures-missing, naming who may sign, and who did so wrongly */
export function requireSigned({ lacking, open, wrong }: Signing, how: string): void {
  if (lacking === 0) return
  const needed = `${lacking} more ${lacking === 1 ? 'signature is' : 'signatures are'} needed, by any of the keys ${open.join(', ')}`
  const told = wrong.map((key) => `; that of ${key} is wrong, and not counted: have its owner sign again`)
  throw new ClientError('signatures-missing', needed + told.join(''), how)
}
