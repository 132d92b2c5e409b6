/** The signatures that take an enrolment back, gathered in a file of their own. */
import {
  type EnrolmentBundle,
  type RootKey,
  type Signing,
  type Withdrawal,
  exists,
  hashOfBundle,
  readWithdrawal,
  signatureBy,
  signingOf,
  writeWithdrawal,
} from '@belfry/client'
import { CliError } from '../../errors.ts'

/**
 * Adds this key's signature to the file, which is made where it is missing.
 * @throws ClientError not-a-signer; CliError files-disagree
 */
export async function addToWithdrawal(
  path: string,
  bundle: EnrolmentBundle,
  key: RootKey,
): Promise<Signing & Pick<Withdrawal, 'signatures'>> {
  const manifest_hash = hashOfBundle(bundle)
  const { bytes } = bundle.manifest
  const signature = signatureBy('withdraw', bytes, key, bundle.signers)
  const before = (await exists(path)) ? await readWithdrawal(path) : { manifest_hash, signatures: [] }
  if (before.manifest_hash !== manifest_hash) {
    throw new CliError(
      'files-disagree',
      `${path} takes back another enrolment; it was left untouched.`,
      'Give another --withdrawal, or the --enrolment that it is for.',
    )
  }
  const { signed } = signingOf('withdraw', bytes, before.signatures, bundle.signers)
  // What is no signature of those that are asked would take the place of one that is.
  const others = before.signatures.filter((one) => one.key !== key.publicKey && signed.includes(one.key))
  const signatures = [...others, signature]
  await writeWithdrawal(path, { manifest_hash, signatures })
  return { ...signingOf('withdraw', bytes, signatures, bundle.signers), signatures }
}
