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
 * Adds this key's signature to the file, which is made where it is missing. Wrong ones of others are named, and left out.
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
  // What is no signature of those that are asked would take the place of one that is.
  const { holding, wrong } = signingOf('withdraw', bytes, before.signatures, bundle.signers)
  const signatures = [...holding.filter((one) => one.key !== key.publicKey), signature]
  await writeWithdrawal(path, { manifest_hash, signatures })
  const others = wrong.filter((one) => one !== key.publicKey)
  return { ...signingOf('withdraw', bytes, signatures, bundle.signers), wrong: others, signatures }
}
