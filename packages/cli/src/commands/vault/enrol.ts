import { join } from 'node:path'
import {
  type Federation,
  type OpenVault,
  type SecretBytes,
  type StoredBundle,
  makeBundle,
  openOwnerKey,
  requireProtected,
  resumeOrStore,
  writeFiles,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, integer, option } from '../../command.ts'
import { ENROLMENT, OWNER_KEY, RECEIPTS, UNVAULT } from '../../files/names.ts'
import { type OwnerOptions, ownerOptions, readFederation } from '../../files/owner.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import type { Output, Report } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { type EnrolmentFiles, receiptsNeeded, reportOf, requireHeld } from './enrolled.ts'
import { give, prepareUnvault, unvaultSentence } from './give.ts'
import { type CardOptions, cardOptions, readOwnerKeys, requireSameKeys } from './owner-cards.ts'
import { type SourceOptions, openSource, requireSameVault, sourceOptions } from './source.ts'

interface EnrolOptions extends OwnerOptions, PassphraseOptions, EnrolmentFiles, SourceOptions, CardOptions {
  readonly name: string
  readonly acceptReceipts?: number
  readonly wait: number
}

export const MAX_WAIT_S = 24 * 60 * 60

export function registerEnrol(parent: Command, registrar: Registrar): void {
  addCommand<EnrolOptions>(parent, registrar, {
    usage: 'enrol',
    summary: 'Give a signed vault into the custody of the federation',
    about:
      'Seals the set into envelopes and shares, stores all that it will send, then sends it; run again it goes on with the ' +
      'same bytes. unvault.json, for the hot device, is written once all members hold the vault. Where several owners must ' +
      'sign, it stores first, and sends once they have.',
    example:
      'belfry vault enrol --lock federation.lock.json --data owner --set recovery-set.json --name savings --passphrase-file pass',
    options: [
      ...ownerOptions(),
      ...sourceOptions(),
      option('--name <name>', 'what members and notifications call the vault').default('vault'),
      ...cardOptions(),
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
  const { name } = options
  const source = await openSource(options, { name, federation }, passphrase, shell.output)
  using vault = source.vault
  const unvault = await prepareUnvault(options.unvault, source.unvault)
  const stored = await prepareBundle(options, federation, vault, passphrase, shell.output)
  const enrolled = await give(options, federation, stored.bundle, passphrase, shell)
  requireProtected(enrolled, federation.thresholds.clawback.protected)
  requireHeld(federation, enrolled, needed, unvaultSentence(options.unvault, unvault))
  if (unvault !== null && !unvault.there)
    await writeFiles([{ path: options.unvault, content: unvault.content, privacy: 'private' }])
  return reportOf({ ...options, unvault: unvault && options.unvault }, federation, stored, enrolled)
}

async function prepareBundle(
  options: EnrolOptions,
  federation: Federation,
  vault: OpenVault,
  passphrase: SecretBytes,
  output: Output,
): Promise<StoredBundle> {
  const { data, enrolment: path } = options
  using root = await openOwnerKey({ path: join(data, OWNER_KEY), passphrase })
  const stored = await resumeOrStore({ path, federation, root: root.publicKey }, async () => {
    const owner = await readOwnerKeys(options, root.publicKey)
    return await makeBundle({ federation, vault, root, owner }, (done, of) =>
      output.count('envelopes sealed and opened again', done, of),
    )
  })
  requireSameVault(path, stored.manifest, vault)
  await requireSameKeys(path, stored.manifest, options, root.publicKey)
  if (stored.resumed)
    output.progress(`Going on with ${path}: vault ${stored.manifest.name}, generation ${stored.manifest.generation}.`)
  return stored
}
