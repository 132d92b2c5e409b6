import { join } from 'node:path'
import {
  type EnrolmentBundle,
  type Enrolled,
  type Federation,
  type Manifest,
  RETRY_MS,
  type SecretBytes,
  type SignedRecoverySet,
  type StoredBundle,
  acceptRecoverySet,
  enrol,
  exists,
  guardedVaultOf,
  hashOfBundle,
  makeBundle,
  openOwnerKey,
  readReceipts,
  readRecoverySet,
  readText,
  requireProtected,
  resumeOrStore,
  rungsOf,
  scriptsOf,
  unvaultToJson,
  writeFiles,
  writeReceipts,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, integer, option } from '../../command.ts'
import { CliError } from '../../errors.ts'
import { ENROLMENT, OWNER_KEY, RECEIPTS, RECOVERY_SET, UNVAULT } from '../../files/names.ts'
import { type OwnerOptions, ownerOptions, readFederation, withLink } from '../../files/owner.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import type { Output, Report } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { type EnrolmentFiles, receiptsNeeded, reportOf, requireHeld, sentenceOf } from './enrolled.ts'

interface EnrolOptions extends OwnerOptions, PassphraseOptions, EnrolmentFiles {
  readonly set: string
  readonly name: string
  readonly acceptReceipts?: number
  readonly wait: number
}

const MAX_WAIT_S = 24 * 60 * 60

export function registerEnrol(parent: Command, registrar: Registrar): void {
  addCommand<EnrolOptions>(parent, registrar, {
    usage: 'enrol',
    summary: 'Give a signed vault into the custody of the federation',
    about:
      'Seals the set into envelopes and shares, stores all that it will send, then sends it; run again it goes on with the ' +
      'same bytes. unvault.json, for the hot device, is written once all members hold the vault.',
    example:
      'belfry vault enrol --lock federation.lock.json --data owner --set recovery-set.json --name savings --passphrase-file pass',
    options: [
      ...ownerOptions(),
      option('--set <file>', 'the recovery set').default(RECOVERY_SET),
      option('--name <name>', 'what members and notifications call the vault').default('vault'),
      option('--enrolment <file>', 'what is sent, made or resumed').default(ENROLMENT),
      option('--receipts <file>', "the members' receipts").default(RECEIPTS),
      option('--unvault <file>', 'the unvault transactions, for the hot device').default(UNVAULT),
      integer('--accept-receipts <count>', 'write unvault.json although only this many members hold the vault', 1, 64),
      integer('--wait <seconds>', 'go on asking members that cannot take it yet', 0, MAX_WAIT_S).default(0),
      ...passphraseOptions(),
    ],
    run: (options) => runEnrol(options, registrar.shell),
  })
}

async function runEnrol(options: EnrolOptions, shell: Shell): Promise<Report> {
  const federation = await readFederation(options.lock)
  const needed = receiptsNeeded(federation, options.acceptReceipts)
  using passphrase = await readPassphrase(options)
  const set = await readVerifiedSet(options.set, passphrase)
  const unvault = await prepareUnvault(options.unvault, set)
  const stored = await prepareBundle(options, federation, set, passphrase, shell.output)
  const enrolled = await send(options, federation, stored.bundle, passphrase, shell)
  requireProtected(enrolled, federation.thresholds.clawback.protected)
  requireHeld(
    federation,
    enrolled,
    needed,
    unvault.there ? `${options.unvault} stays as it was` : `${options.unvault} was not written`,
  )
  if (!unvault.there) await writeFiles([{ path: options.unvault, content: unvault.content, privacy: 'private' }])
  return reportOf(options, federation, stored, enrolled)
}

/** @throws RecoverySetRefused: what is enrolled has been verified on this very device */
async function readVerifiedSet(path: string, passphrase: SecretBytes): Promise<SignedRecoverySet> {
  const { plan, transactions } = await readRecoverySet({ path, passphrase })
  return acceptRecoverySet(plan, transactions, { deep_cold_descriptor: scriptsOf(plan).deep_cold.descriptor })
}

/** @throws CliError files-disagree where another vault's unvault.json is there, before anything is sent */
async function prepareUnvault(path: string, set: SignedRecoverySet): Promise<{ content: string; there: boolean }> {
  const content = unvaultToJson(set)
  const there = await exists(path)
  if (!there || (await readText(path, 'unvault.json')) === content) return { content, there }
  throw new CliError(
    'files-disagree',
    `${path} is there and belongs to another recovery set; it was left untouched.`,
    'Give another --unvault.',
  )
}

async function prepareBundle(
  { data, enrolment: path, name }: EnrolOptions,
  federation: Federation,
  set: SignedRecoverySet,
  passphrase: SecretBytes,
  output: Output,
): Promise<StoredBundle> {
  using root = await openOwnerKey({ path: join(data, OWNER_KEY), passphrase })
  const stored = await resumeOrStore({ path, federation, root: root.publicKey }, async () => {
    using vault = guardedVaultOf(set, { name, federation })
    return await makeBundle({ federation, vault, root }, (done, of) =>
      output.count('envelopes sealed and opened again', done, of),
    )
  })
  requireSameVault(path, stored.manifest, set)
  if (stored.resumed)
    output.progress(`Going on with ${path}: vault ${stored.manifest.name}, generation ${stored.manifest.generation}.`)
  return stored
}

/** @throws CliError files-disagree */
function requireSameVault(
  path: string,
  manifest: Manifest,
  { plan, transactions }: SignedRecoverySet,
): void {
  // All of them: the same unvault may lead to another deep cold.
  const { act_at, unvaults, dead_man } = manifest
  const enrolled = [...unvaults, ...rungsOf(manifest), ...dead_man].map(({ txid }) => txid)
  const planned = transactions.map(({ txid }) => txid)
  if (act_at === plan.act_at && enrolled.toString() === planned.toString()) return
  throw new CliError(
    'files-disagree',
    `${path} enrols another recovery set than the one given.`,
    'Give the set that it was made from, or another --enrolment.',
  )
}

async function send(
  { data, receipts: path, wait }: EnrolOptions,
  federation: Federation,
  bundle: EnrolmentBundle,
  passphrase: SecretBytes,
  { output, signal }: Shell,
): Promise<Enrolled> {
  const manifest_hash = hashOfBundle(bundle)
  const before = (await exists(path)) ? await readReceipts(path) : null
  if (before !== null && before.manifest_hash !== manifest_hash) {
    throw new CliError(
      'files-disagree',
      `${path} holds the receipts of another enrolment; it was left untouched.`,
      'Give another --receipts.',
    )
  }
  return await withLink(federation, data, passphrase, (link) =>
    enrol(link, bundle, {
      onResult: (result) => output.progress(sentenceOf(federation, result)),
      onReceipts: async (receipts) => {
        if (receipts.length > 0)
          await writeReceipts(path, { manifest_hash, receipts: receipts.map(({ frame }) => frame) })
      },
      receipts: before?.receipts ?? [],
      retries: Math.ceil((wait * 1000) / RETRY_MS),
      signal,
    }),
  )
}
