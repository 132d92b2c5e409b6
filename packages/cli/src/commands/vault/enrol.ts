import { join } from 'node:path'
import {
  type EnrolmentBundle, type Enrolled, type Federation, type Manifest, type MemberIndex, type MemberResult, RETRY_MS, type SecretBytes,
  type SignedRecoverySet, type StoredBundle, acceptRecoverySet, enrol, exists, guardedVaultOf, hashOfBundle, makeBundle, openOwnerKey,
  readReceipts, readRecoverySet, readText, requireProtected, resumeOrStore, scriptsOf, unvaultToJson, writeFiles, writeReceipts,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, integer, option } from '../../command.ts'
import { CliError, usageError } from '../../errors.ts'
import { ENROLMENT, OWNER_KEY, RECEIPTS, RECOVERY_SET, UNVAULT } from '../../files/names.ts'
import { type OwnerOptions, ownerOptions, readFederation, withLink } from '../../files/owner.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { type Output, type Report, list } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'

interface EnrolOptions extends OwnerOptions, PassphraseOptions {
  readonly set: string
  readonly name: string
  readonly enrolment: string
  readonly receipts: string
  readonly unvault: string
  readonly acceptReceipts?: number
  readonly wait: number
}

const MAX_WAIT_S = 24 * 60 * 60

export function registerEnrol(parent: Command, registrar: Registrar): void {
  addCommand<EnrolOptions>(parent, registrar, {
    usage: 'enrol',
    summary: 'Give a signed vault into the custody of the federation',
    about:
      'Seals the set into envelopes and shares, stores all that it will send, then sends it; run again it goes on with the '
      + 'same bytes. unvault.json, for the hot device, is written once all members hold the vault.',
    example: 'belfry vault enrol --lock federation.lock.json --data owner --set recovery-set.json --name savings --passphrase-file pass',
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
  requireHeld(federation, enrolled, needed, unvault.there ? `${options.unvault} stays as it was` : `${options.unvault} was not written`)
  if (!unvault.there) await writeFiles([{ path: options.unvault, content: unvault.content, privacy: 'private' }])
  return report(options, federation, stored, enrolled)
}

/** @throws CliError usage */
function receiptsNeeded({ members, thresholds }: Federation, accepted: number | undefined): number {
  const least = thresholds.clawback.protected
  if (accepted === undefined) return members.length
  if (accepted >= least && accepted <= members.length) return accepted
  throw usageError(
    `With ${accepted} of ${members.length} receipts this vault ${accepted < least ? 'is not protected' : 'is impossible'}.`,
    `Give --accept-receipts a number from ${least} to ${members.length}.`,
  )
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
  throw new CliError('files-disagree', `${path} is there and belongs to another recovery set; it was left untouched.`, 'Give another --unvault.')
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
    return await makeBundle({ federation, vault, root }, (done, of) => output.count('envelopes sealed and opened again', done, of))
  })
  requireSameVault(path, stored.manifest, set)
  if (stored.resumed) output.progress(`Going on with ${path}: vault ${stored.manifest.name}, generation ${stored.manifest.generation}.`)
  return stored
}

/** @throws CliError files-disagree */
function requireSameVault(path: string, { deposit, unvaults }: Manifest, { plan, transactions }: SignedRecoverySet): void {
  const planned = transactions.flatMap(({ place, txid }) => (place.purpose === 'unvault' ? [txid] : []))
  const same = deposit.outpoint === plan.deposit.outpoint
    && planned.length === unvaults.length
    && unvaults.every(({ txid }, at) => txid === planned[at])
  if (same) return
  throw new CliError('files-disagree', `${path} enrols another recovery set than the one given.`, 'Give the set that it was made from, or another --enrolment.')
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
  return await withLink(federation, data, passphrase, (link) =>
    enrol(link, bundle, {
      onResult: (result) => output.progress(sentenceOf(federation, result)),
      onReceipts: async (receipts) => {
        if (receipts.length > 0) await writeReceipts(path, { manifest_hash, receipts: receipts.map(({ frame }) => frame) })
      },
      receipts: before?.manifest_hash === manifest_hash ? before.receipts : [],
      retries: Math.ceil((wait * 1000) / RETRY_MS),
      signal,
    }),
  )
}

function sentenceOf(federation: Federation, result: MemberResult): string {
  const who = nameOf(federation, result.member)
  if (result.result === 'receipt') return `${who}: holds the vault`
  return `${who}: ${result.message} → ${result.remedy}`
}

function nameOf(federation: Federation, index: MemberIndex): string {
  return `${federation.memberOf(index).name} (member ${index})`
}

/**
 * The hot device gets its transactions only when the vault is as safe as it is meant to be.
 * @param unvault what became of its file
 * @throws CliError not-all-receipts, not-active
 */
function requireHeld(federation: Federation, { results, receipts, states, active }: Enrolled, needed: number, unvault: string): void {
  const { length: n } = federation.members
  if (receipts.length < needed) {
    const missing = results.flatMap((one) => (one.result === 'receipt' ? [] : [`${nameOf(federation, one.member)}: ${one.message}`]))
    throw new CliError(
      'not-all-receipts',
      `${receipts.length} of ${n} members hold the vault: it is protected, but ${unvault} (${missing.join('; ')}).`,
      `Run the same command again when they answer, or add --accept-receipts ${receipts.length}: ${survival(federation, receipts.length)}.`,
    )
  }
  if (active.length >= needed) return
  const waiting = states.filter(({ state }) => state !== 'active').map(({ member, state }) => `${nameOf(federation, member)}: ${state ?? 'no answer'}`)
  throw new CliError(
    'not-active',
    `The vault is active with ${active.length} of ${n} members so far: it is protected, but ${unvault} (${waiting.join('; ')}).`,
    'Run the same command again when these members answer, or once a new generation has waited its time.',
  )
}

/** Which losses a vault survives that this many members hold. */
function survival({ thresholds: { clawback } }: Federation, held: number): string {
  const needed = Math.max(clawback.q, clawback.t)
  const spare = held - needed
  return `a clawback needs ${needed} of these ${held}, so it still works when any ${spare} of them ${spare === 1 ? 'is' : 'are'} down or false`
}

function report(options: EnrolOptions, federation: Federation, { manifest, resumed }: StoredBundle, enrolled: Enrolled): Report {
  const { manifest_hash, receipts, active } = enrolled
  const members = (indices: readonly MemberIndex[]) => indices.map((index) => ({ index, name: federation.memberOf(index).name }))
  const survives = survival(federation, receipts.length)
  return {
    result: {
      vault_id: manifest.vault_id,
      name: manifest.name,
      manifest_hash,
      generation: manifest.generation,
      resumed,
      protected: enrolled.protected,
      receipts: members(receipts.map(({ member }) => member)),
      active: members(active),
      survives,
      files: { enrolment: options.enrolment, receipts: options.receipts, unvault: options.unvault },
    },
    human: (style) => [
      style('green', `${receipts.length} of ${federation.members.length} members hold vault ${manifest.name}; it is protected and active.`),
      `In words: ${survives}.`,
      ...list([
        ['vault', manifest.vault_id],
        ['manifest', manifest_hash],
        ['sent', options.enrolment],
        ['receipts', options.receipts],
        ['for the hot device only', options.unvault],
      ]),
    ],
  }
}
