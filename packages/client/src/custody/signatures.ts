/** Signatures of k of m enrolment keys, on devices that never meet: each adds its own to a file. */
import { sha256 } from '@belfry/keystore'
import { type OwnerSignature, signedByOwner, taggedHash } from '@belfry/protocol'
import { verifier } from '../crypto.ts'
import { ClientError } from '../errors.ts'
import type { EnrolmentBundle, OwnerKeys, RootKey } from './bundle.ts'

type Domain = 'manifest' | 'withdraw'

export interface Signing {
  /** Keys whose signatures are there and hold, in the order of `signers`. */
  readonly signed: readonly string[]
  /** Keys that have not signed. */
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
  const signed = keys.filter((key) => isSigned(domain, bytes, signatures, key))
  return { signed, open: keys.filter((key) => !signed.includes(key)), lacking: Math.max(0, k - signed.length) }
}

function isSigned(domain: Domain, bytes: Uint8Array, signatures: readonly OwnerSignature[], key: string): boolean {
  return signedByOwner(verifier, domain, bytes, signatures, { k: 1, keys: [key] })
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
  const { bytes, signatures } = bundle.manifest
  const signature = signatureBy('manifest', bytes, key, bundle.signers)
  const others = signatures.filter((one) => one.key !== key.publicKey && isSigned('manifest', bytes, signatures, one.key))
  return { ...bundle, manifest: { bytes, signatures: [...others, signature] } }
}

/** @throws ClientError signatures-missing, naming who may sign */
export function requireSigned({ lacking, open }: Signing, how: string): void {
  if (lacking === 0) return
  throw new ClientError(
    'signatures-missing',
    `${lacking} more ${lacking === 1 ? 'signature is' : 'signatures are'} needed, by any of the keys ${open.join(', ')}`,
    how,
  )
}
