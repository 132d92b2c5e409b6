import { join } from 'node:path'
import {
  type EnrolmentBundle,
  type Manifest,
  type SecretBytes,
  type Signing,
  countersign,
  hashOfBundle,
  openOwnerKey,
  printable,
  readBundle,
  requireBundleFits,
  requireSigner,
  rewriteBundle,
  signingOfBundle,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option, required } from '../../command.ts'
import { type ConfirmOptions, confirm, confirmOptions } from '../../confirm.ts'
import { usageError } from '../../errors.ts'
import { ENROLMENT, OWNER_KEY } from '../../files/names.ts'
import { readFederation } from '../../files/owner.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { warnOfWrong } from '../../files/wrong-signatures.ts'
import { type Report, count, list } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { describeManifest, manifestJson } from './describe-manifest.ts'
import { openSource, requireSameVault } from './source.ts'
import { addToWithdrawal } from './withdrawal.ts'

interface CountersignOptions extends PassphraseOptions, ConfirmOptions {
  readonly enrolment: string
  readonly withdrawal?: string
  readonly data: string
  readonly lock?: string
  readonly set?: string
  readonly custody?: string
}

export function registerCountersign(parent: Command, registrar: Registrar): void {
  addCommand<CountersignOptions>(parent, registrar, {
    usage: 'countersign',
    summary: "Add another owner's signature to a stored enrolment",
    about:
      'Where several enrolment keys must sign. It shows all that the manifest says, as it is in the bytes that are signed, ' +
      'and asks before it signs: whose keys may do what, and which transactions bring the coin where. With --lock and --set ' +
      'it makes sure that the enrolment is for this federation and of this recovery set. With --withdrawal it signs that the ' +
      'enrolment is taken back.',
    example:
      'belfry vault countersign --enrolment enrolment.json --lock federation.lock.json --set recovery-set.json --data other-owner --passphrase-file pass',
    options: [
      option('--enrolment <file>', 'what is to be sent').default(ENROLMENT),
      option('--withdrawal <file>', 'sign the withdrawal in this file instead'),
      required('--data <dir>', "the other owner's data directory, as belfry init made it"),
      option('--lock <file>', 'the lock that the enrolment must be for'),
      option('--set <file>', 'the recovery set that the enrolment must be of; with --lock'),
      option('--custody <file>', 'instead, the vault of another scheme that it must be of; with --lock'),
      ...confirmOptions(),
      ...passphraseOptions(),
    ],
    run: (options) => runCountersign(options, registrar.shell),
  })
}

async function runCountersign(options: CountersignOptions, shell: Shell): Promise<Report> {
  const { enrolment, withdrawal, data } = options
  const { bundle, manifest } = await readBundle(enrolment)
  using passphrase = await readPassphrase(options)
  const isOfSet = await checkAgainst(options, manifest, passphrase, shell)
  using key = await openOwnerKey({ path: join(data, OWNER_KEY), passphrase })
  requireSigner(key.publicKey, bundle.signers)
  await show(options, bundle, manifest, isOfSet, shell)
  const told = { bundle, manifest, key: key.publicKey, isOfSet }
  if (withdrawal !== undefined) {
    const signing = await addToWithdrawal(withdrawal, bundle, key)
    warnOfWrong(shell.output, withdrawal, signing.wrong)
    return reportOf({ ...told, file: withdrawal, signing, what: 'withdrawal' })
  }
  warnOfWrong(shell.output, enrolment, signingOfBundle(bundle).wrong.filter((one) => one !== key.publicKey))
  const signed = countersign(bundle, key)
  await rewriteBundle(enrolment, signed)
  return reportOf({ ...told, bundle: signed, file: enrolment, signing: signingOfBundle(signed), what: 'enrolment' })
}

/** @returns whether it was found to be of the given set @throws CliError usage, files-disagree; ClientError wrong-federation; whatever the set's check throws */
async function checkAgainst(
  { enrolment, lock, set, custody }: CountersignOptions,
  manifest: Manifest,
  passphrase: SecretBytes,
  { output }: Shell,
): Promise<boolean> {
  const isAsked = set !== undefined || custody !== undefined
  if (lock === undefined) {
    if (isAsked) throw usageError('A recovery set is compared within its federation.', 'Give --lock, too.')
    return false
  }
  const federation = await readFederation(lock)
  requireBundleFits(manifest, federation, manifest.owner.root)
  if (!isAsked) return false
  const given = { ...(set === undefined ? {} : { set }), ...(custody === undefined ? {} : { custody }) }
  const source = await openSource(given, { name: manifest.name, federation }, passphrase, output)
  using vault = source.vault
  requireSameVault(enrolment, manifest, vault)
  return true
}

/** Before anything is signed. @throws CliError not-confirmed, usage */
async function show(
  options: CountersignOptions,
  { signers }: EnrolmentBundle,
  manifest: Manifest,
  isOfSet: boolean,
  shell: Shell,
): Promise<void> {
  const { generation, name } = manifest
  const what = `generation ${generation} of vault ${printable(name)}`
  for (const line of describeManifest(manifest)) shell.output.progress(line)
  await confirm(
    options,
    options.withdrawal === undefined
      ? [
          `This signs ${what}, as shown; members ask ${signers.k} of ${count(signers.keys.length, 'key')} for it.`,
          isOfSet
            ? 'Its transactions are those of the recovery set that was given, each of which was verified.'
            : 'Its transactions were compared with no recovery set: a false one could bring the coin elsewhere. Give --lock and --set to compare.',
        ]
      : [`This takes ${what} back: it is never activated, and stays armed.`],
    shell,
  )
}

interface Countersigned {
  readonly file: string
  readonly what: 'enrolment' | 'withdrawal'
  readonly bundle: EnrolmentBundle
  readonly manifest: Manifest
  readonly signing: Signing
  readonly key: string
  readonly isOfSet: boolean
}

function reportOf({ file, what, bundle, manifest, signing, key, isOfSet }: Countersigned): Report {
  const { signed, open, lacking } = signing
  const hash = hashOfBundle(bundle)
  const { name, generation, vault_id } = manifest
  return {
    result: {
      file,
      signs: what,
      vault_id,
      name,
      generation,
      manifest_hash: hash,
      signed_by: key,
      signed: [...signed],
      missing: lacking,
      may_sign: [...open],
      compared_with_set: isOfSet,
      manifest: manifestJson(manifest),
    },
    human: (style) => [
      lacking === 0
        ? style('green', `Signed; ${file} has all the signatures that members ask for this ${what}.`)
        : `Signed; ${count(lacking, 'more signature')} needed, by any of the keys ${open.join(', ')}.`,
      ...list([
        ['vault', `${printable(name)}, ${vault_id}`],
        ['manifest', `${hash}, generation ${generation}`],
        ['signed by', key],
      ]),
      lacking === 0
        ? 'Next, on the device of the owner who made it: run the command that made it again.'
        : `Next, on another owner's device: belfry vault countersign, with this file.`,
    ],
  }
}
