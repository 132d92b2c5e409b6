/** A vault that is guarded in one epoch, enrolled under the lock of a later one: the same transactions, sealed to its members. */
import { dirname, join } from 'node:path'
import {
  type Enrolled,
  type Manifest,
  type OwnerKey,
  type SecretBytes,
  type StoredBundle,
  activeManifestOf,
  besideManifest,
  exists,
  hashOfBundle,
  makeBundle,
  readBundle,
  requireProtected,
  resumeOrStore,
  surveyVaults,
  writeFiles,
} from '@belfry/client'
import { CliError, usageError } from '../../errors.ts'
import { type Passage, readPassage } from '../../files/epochs.ts'
import { withLink } from '../../files/owner.ts'
import type { PassphraseOptions } from '../../files/passphrase.ts'
import { type Report, count, list, sentenceList, short } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { receiptsNeeded, survival } from './enrolled.ts'
import { give, prepareUnvault } from './give.ts'
import { enrolmentOfEpoch } from './other-epochs.ts'
import { type CardOptions, readOwnerKeys, requireSameKeys } from './owner-cards.ts'
import { type SourceOptions, openSource, requireSameVault } from './source.ts'

export interface ReenrolOptions extends PassphraseOptions, SourceOptions, CardOptions {
  readonly lock: string
  readonly data: string
  readonly from: string
  readonly earlier: readonly string[]
  readonly name?: string
  readonly enrolment?: string
  readonly receipts?: string
  readonly unvault?: string
  readonly acceptReceipts?: number
  readonly wait: number
}

interface Files {
  readonly enrolment: string
  readonly receipts: string
  readonly unvault: string
}

/** The enrolment that guards the vault so far. */
export interface Before {
  readonly manifest: Manifest
  readonly hash: ReturnType<typeof hashOfBundle>
  /** Lent: the root key that the manifest names. */
  readonly root: OwnerKey
}

export async function runReenrol(
  options: ReenrolOptions,
  { manifest: before, hash, root }: Before,
  passphrase: SecretBytes,
  shell: Shell,
): Promise<Report> {
  const passage = await readPassage(options.lock, options.earlier, before.lock_hash)
  const { to } = passage
  const needed = receiptsNeeded(to, options.acceptReceipts)
  const files = filesOf(options, before, passage)
  const source = await openSource(options, { name: options.name ?? before.name, federation: to }, passphrase, shell.output)
  using vault = source.vault
  // Another unvault would be a stranger's to the members of the epoch before, who go on guarding the coin.
  requireSameVault(options.from, before, vault)
  const unvault = await prepareUnvault(files.unvault, source.unvault)
  await requireCurrent(options, passage, { before, hash }, passphrase, shell)
  await requireFree(options, files, passage, before, passphrase, shell)
  const { root: _, ...keys } = before.owner
  const stored = await resumeOrStore({ path: files.enrolment, federation: to, root: root.publicKey }, async () => {
    const owner = await readOwnerKeys(options, root.publicKey, keys)
    requireSameEnrolmentKeys(owner.enrol, keys.enrol)
    // In this epoch nothing comes before it; so its own keys sign, and it is active at once.
    return await makeBundle({ federation: to, vault, root, owner }, (done, of) =>
      shell.output.count('envelopes sealed and opened again', done, of),
    )
  })
  requireSameVault(files.enrolment, stored.manifest, vault)
  await requireSameKeys(files.enrolment, stored.manifest, options, root.publicKey, keys)
  if (stored.resumed) shell.output.progress(`Going on with ${files.enrolment}, for epoch ${to.epoch}.`)
  const enrolled = await give({ ...options, ...files }, to, stored.bundle, passphrase, shell)
  requireProtected(enrolled, to.thresholds.clawback.protected)
  const isDone = enrolled.active.length >= needed && enrolled.receipts.length >= needed
  if (isDone && unvault !== null && !unvault.there)
    await writeFiles([{ path: files.unvault, content: unvault.content, privacy: 'private' }])
  return reportOf({ passage, stored, enrolled, files, isDone, hasUnvault: unvault !== null })
}

/** Beside the enrolment that it follows, each with its epoch; the unvaults are the same. */
function filesOf({ from, enrolment, receipts, unvault }: ReenrolOptions, { generation }: Manifest, { to: { epoch } }: Passage): Files {
  const beside = (name: string) => join(dirname(from), name)
  return {
    enrolment: enrolment ?? enrolmentOfEpoch(from, epoch),
    receipts: receipts ?? beside(`enrolment-epoch-${epoch}-receipts.json`),
    unvault: unvault ?? beside(generation === 1 ? 'unvault.json' : `unvault-${generation}.json`),
  }
}

interface SigningKeys {
  readonly k: number
  readonly keys: readonly string[]
}

/** Members that serve the epoch before, too, ask its enrolment keys; new ones know none but those of the manifest itself. */
export function requireSameEnrolmentKeys(asked: SigningKeys, before: SigningKeys): void {
  if (asked.k === before.k && asked.keys.toSorted().join() === before.keys.toSorted().join()) return
  throw usageError(
    'The enrolment keys stay the same from one epoch to the next.',
    'Leave --owner-card and --enrol-k away; once the vault is active in the new epoch, change its owners with a renewal there.',
  )
}

/**
 * Where the members of the epoch before can say it, theirs is the generation that is enrolled anew. Those that left may be
 * gone with their hosts, so silence keeps nobody from being guarded.
 * @throws CliError files-disagree
 */
async function requireCurrent(
  { data, from }: ReenrolOptions,
  { from: federation }: Passage,
  { before: { vault_id }, hash }: { readonly before: Manifest; readonly hash: Before['hash'] },
  passphrase: SecretBytes,
  { output, signal }: Shell,
): Promise<void> {
  const results = await withLink(federation, data, passphrase, (link) => surveyVaults(link, signal))
  const active = activeManifestOf({ federation }, results, vault_id)
  if (active === null) {
    output.warn(`Too few members of epoch ${federation.epoch} said which generation is active there; it is taken to be that of ${from}.`)
    return
  }
  if (active.hash === hash) {
    const beside = besideManifest({ federation }, results, vault_id, hash).map(({ generation }) => generation)
    if (beside.length > 0) output.warn(leftBehind(federation.epoch, beside))
    return
  }
  throw new CliError(
    'files-disagree',
    `Generation ${active.generation} is active in epoch ${federation.epoch}, and ${from} did not make it: its manifest is ${active.hash}.`,
    'Give the enrolment that made it with --from; if you did not make it, somebody else has your enrolment keys: move the coin.',
  )
}

/** Only what is renewed is known in the new epoch: an unvault of another generation is clawed back in the old one alone. */
function leftBehind(epoch: number, generations: readonly number[]): string {
  const [what, verb] = generations.length === 1 ? ['generation', 'is'] : ['generations', 'are']
  return (
    `Of this vault ${what} ${sentenceList(generations.map(String))} ${verb} held in epoch ${epoch} alone. If unvaults of ${generations.length === 1 ? 'it' : 'them'} differ, only ` +
    `members that serve epoch ${epoch} claw them back: tell the operators to serve it until the coin has left.`
  )
}

/** No other enrolment of this vault is active in the new epoch: a renewal goes on from that one. @throws CliError files-disagree */
async function requireFree(
  { data }: ReenrolOptions,
  { enrolment }: Files,
  { to }: Passage,
  { vault_id }: Manifest,
  passphrase: SecretBytes,
  { signal }: Shell,
): Promise<void> {
  const results = await withLink(to, data, passphrase, (link) => surveyVaults(link, signal))
  const stored = (await exists(enrolment)) ? hashOfBundle((await readBundle(enrolment)).bundle) : null
  const active = activeManifestOf({ federation: to }, results, vault_id)
  if (active === null || active.hash === stored) return
  throw new CliError(
    'files-disagree',
    `In epoch ${to.epoch} the manifest ${active.hash} of this vault is active, which ${enrolment} did not make.`,
    'Give the enrolment that made it with --enrolment, or with --from to renew it; if you did not make it, somebody else has your enrolment keys: move the coin.',
  )
}

interface Reenrolled {
  readonly passage: Passage
  readonly stored: StoredBundle
  readonly enrolled: Enrolled
  readonly files: Files
  readonly isDone: boolean
  readonly hasUnvault: boolean
}

function reportOf({ passage: { from, to }, stored, enrolled, files, isDone, hasUnvault }: Reenrolled): Report {
  const { manifest, resumed } = stored
  const { receipts, active, manifest_hash } = enrolled
  const members = (indices: readonly Enrolled['active'][number][]) =>
    indices.map((index) => ({ index, name: to.memberOf(index).name }))
  return {
    result: {
      vault_id: manifest.vault_id,
      name: manifest.name,
      manifest_hash,
      generation: manifest.generation,
      epoch: to.epoch,
      lock_hash: to.lock_hash,
      earlier_lock_hash: from.lock_hash,
      resumed,
      receipts: members(receipts.map(({ member }) => member)),
      active: members(active),
      files: { ...files, unvault: isDone && hasUnvault ? files.unvault : null },
    },
    human: (style) => [
      style(
        'green',
        `${receipts.length} of ${to.members.length} members of epoch ${to.epoch} hold vault ${manifest.name} under the lock ${short(to.lock_hash)}.`,
      ),
      `In words: ${survival(to, receipts.length)}.`,
      isDone
        ? 'It is active there: the coin is guarded in this epoch.'
        : `It is active with ${count(active.length, 'member')} so far. Run the same command again until all hold it.`,
      `The members of epoch ${from.epoch} that still run go on guarding it under theirs until the coin has left.`,
      ...list([
        ['vault', manifest.vault_id],
        ['manifest', manifest_hash],
        ['sent', files.enrolment],
        ['receipts', files.receipts],
        ...(isDone && hasUnvault ? [['for the hot device only', files.unvault] as const] : []),
      ]),
    ],
  }
}
