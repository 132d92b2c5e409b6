import { join } from 'node:path'
import {
  type EnrolmentBundle,
  type Manifest,
  type Signing,
  countersign,
  exists,
  hashOfBundle,
  openOwnerKey,
  readBundle,
  readWithdrawal,
  rewriteBundle,
  signatureBy,
  signingOf,
  signingOfBundle,
  writeWithdrawal,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option, required } from '../../command.ts'
import { CliError } from '../../errors.ts'
import { ENROLMENT, OWNER_KEY } from '../../files/names.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { type Report, btc, count, list } from '../../output/index.ts'

interface CountersignOptions extends PassphraseOptions {
  readonly enrolment: string
  readonly withdrawal?: string
  readonly data: string
}

export function registerCountersign(parent: Command, registrar: Registrar): void {
  addCommand<CountersignOptions>(parent, registrar, {
    usage: 'countersign',
    summary: "Add another owner's signature to a stored enrolment",
    about:
      'Where several enrolment keys must sign. It shows what is signed: compare it with your own record of the vault, for ' +
      'the manifest is all that a signature vouches for. With --withdrawal it signs that the enrolment is taken back.',
    example: 'belfry vault countersign --enrolment enrolment.json --data other-owner --passphrase-file pass',
    options: [
      option('--enrolment <file>', 'what is to be sent').default(ENROLMENT),
      option('--withdrawal <file>', 'sign the withdrawal in this file instead'),
      required('--data <dir>', "the other owner's data directory, as belfry init made it"),
      ...passphraseOptions(),
    ],
    run: runCountersign,
  })
}

async function runCountersign(options: CountersignOptions): Promise<Report> {
  const { enrolment, withdrawal, data } = options
  const { bundle, manifest } = await readBundle(enrolment)
  using passphrase = await readPassphrase(options)
  using key = await openOwnerKey({ path: join(data, OWNER_KEY), passphrase })
  if (withdrawal !== undefined) {
    const signing = await addToWithdrawal(withdrawal, bundle, key)
    return reportOf(withdrawal, bundle, manifest, signing, key.publicKey)
  }
  const signed = countersign(bundle, key)
  await rewriteBundle(enrolment, signed)
  return reportOf(enrolment, signed, manifest, signingOfBundle(signed), key.publicKey)
}

/**
 * Adds this key's signature to the file, which is made where it is missing.
 * @throws ClientError not-a-signer; CliError files-disagree
 */
export async function addToWithdrawal(
  path: string,
  bundle: EnrolmentBundle,
  key: Parameters<typeof signatureBy>[2],
): Promise<Signing & { readonly signatures: Awaited<ReturnType<typeof readWithdrawal>>['signatures'] }> {
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
  const signatures = [...before.signatures.filter((one) => one.key !== key.publicKey), signature]
  await writeWithdrawal(path, { manifest_hash, signatures })
  return { ...signingOf('withdraw', bytes, signatures, bundle.signers), signatures }
}

function reportOf(file: string, bundle: EnrolmentBundle, manifest: Manifest, signing: Signing, key: string): Report {
  const { signed, open, lacking } = signing
  const hash = hashOfBundle(bundle)
  const { name, generation, deposit, vault_id } = manifest
  return {
    result: {
      file,
      vault_id,
      name,
      generation,
      manifest_hash: hash,
      signed_by: key,
      signed: [...signed],
      missing: lacking,
      may_sign: [...open],
    },
    human: (style) => [
      lacking === 0
        ? style('green', `Signed; ${file} has all the signatures that members ask.`)
        : `Signed; ${count(lacking, 'more signature')} needed, by any of the keys ${open.join(', ')}.`,
      ...list([
        ['vault', `${name}, ${vault_id}`],
        ['coin', `${btc(deposit.value)} at ${deposit.outpoint}`],
        ['manifest', `${hash}, generation ${generation}`],
        ['signed by', key],
      ]),
      lacking === 0
        ? 'Next, on the device of the owner who made it: run the command that made it again.'
        : `Next, on another owner's device: belfry vault countersign, with this file.`,
    ],
  }
}
