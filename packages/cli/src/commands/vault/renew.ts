import { dirname, join } from 'node:path'
import {
  type Enrolled,
  type Federation,
  type FederationLink,
  type Manifest,
  type ManifestState,
  type MemberIndex,
  type OpenVault,
  type OwnerKey,
  type OwnerKeys,
  type SecretBytes,
  type StoredBundle,
  type SurveyResult,
  exists,
  hashOfBundle,
  makeBundle,
  manifestsOf,
  openOwnerKey,
  readBundle,
  requireProtected,
  resumeOrStore,
  surveyVaults,
  tipOfMembers,
  writeFiles,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, integer, option } from '../../command.ts'
import { CliError } from '../../errors.ts'
import { ENROLMENT, LOCK, OWNER_KEY } from '../../files/names.ts'
import { type OwnerOptions, ownerOptions, readFederation, withLink } from '../../files/owner.ts'
import { passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { type Report, count, list } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { MAX_WAIT_S } from './enrol.ts'
import { receiptsNeeded, survival } from './enrolled.ts'
import { give, prepareUnvault } from './give.ts'
import { unvaultsUnknownElsewhere } from './other-epochs.ts'
import { cardOptions, keysJson, readOwnerKeys, requireSameKeys } from './owner-cards.ts'
import { type ReenrolOptions, runReenrol } from './reenrol.ts'
import { openSource, requireSameVault, sourceOptions } from './source.ts'
import { requireAnswer } from './survey.ts'

type RenewOptions = OwnerOptions & ReenrolOptions

export function registerRenew(parent: Command, registrar: Registrar): void {
  addCommand<RenewOptions>(parent, registrar, {
    usage: 'renew',
    summary: 'Give the members the next generation of a vault, or those of the next epoch the vault that is guarded',
    about:
      'Reads from the members which generation is active, makes the next one under the enrolment keys of that one, stores it, ' +
      'then sends it. It waits before it becomes active, and any one owner key may cancel it until then; the old one stays ' +
      'armed for good. Owners, guardians and numbers that are not named stay as they were. Run it again once it is active: then the file for the hot device is written. ' +
      'Under the lock of a later epoch it enrols the same transactions with the members of that one; they are guarded in both.',
    example:
      'belfry vault renew --lock federation.lock.json --data owner --set recovery-set-2.json --from enrolment.json --passphrase-file pass',
    options: [
      ...ownerOptions(),
      ...sourceOptions(),
      option('--from <file>', 'the enrolment of the active generation').default(ENROLMENT),
      option('--earlier <files...>', 'to renew under a later lock: the locks before it, oldest first, from that of --from on').default(
        [LOCK],
        LOCK,
      ),
      option('--name <name>', 'another name for the vault (default: as before)'),
      ...cardOptions(),
      option('--enrolment <file>', 'what is sent, made or resumed (default: enrolment-N.json of generation N, or enrolment-epoch-N.json)'),
      option('--receipts <file>', "the members' receipts (default: enrolment-N-receipts.json)"),
      option('--unvault <file>', 'the unvault transactions, for the hot device (default: unvault-N.json)'),
      integer('--accept-receipts <count>', 'write unvault-N.json although only this many members hold the vault', 1, 64),
      integer('--wait <seconds>', 'go on asking members that cannot take it yet', 0, MAX_WAIT_S).default(0),
      ...passphraseOptions(),
    ],
    run: (options) => runRenew(options, registrar.shell),
  })
}

const ENDED: ReadonlySet<ManifestState> = new Set(['withdrawn', 'cancelled'])

interface Files {
  readonly enrolment: string
  readonly receipts: string
  readonly unvault: string
}

async function runRenew(options: RenewOptions, shell: Shell): Promise<Report> {
  const federation = await readFederation(options.lock)
  using passphrase = await readPassphrase(options)
  const before = await readBundle(options.from)
  using root = await openOwnerKey({ path: join(options.data, OWNER_KEY), passphrase })
  requireRoot(options.from, before.manifest, root.publicKey)
  if (before.manifest.lock_hash !== federation.lock_hash)
    return await runReenrol(options, { manifest: before.manifest, hash: hashOfBundle(before.bundle), root }, passphrase, shell)
  const needed = receiptsNeeded(federation, options.acceptReceipts)
  const files = filesOf(options, before.manifest.generation + 1)
  const { name = before.manifest.name } = options
  const source = await openSource(options, { name, federation }, passphrase, shell.output)
  using vault = source.vault
  requireSameDeposit(before.manifest, vault, options.from)
  const unknown = await unvaultsUnknownElsewhere(options.from, before.manifest, vault)
  if (unknown !== null) shell.output.warn(unknown)
  const unvault = await prepareUnvault(files.unvault, source.unvault)
  const surveyed = await survey(options, federation, passphrase, shell)
  await requireFollows(options.from, files, federation, surveyed, hashOfBundle(before.bundle), before.manifest)
  const stored = await prepareBundle({ options, files, federation, vault, before: before.manifest, previous: hashOfBundle(before.bundle), root }, shell)
  const enrolled = await give({ ...options, ...files }, federation, stored.bundle, passphrase, shell)
  requireProtected(enrolled, federation.thresholds.clawback.protected)
  const isDone = enrolled.active.length >= needed && enrolled.receipts.length >= needed
  if (isDone && unvault !== null && !unvault.there)
    await writeFiles([{ path: files.unvault, content: unvault.content, privacy: 'private' }])
  const tip = tipOfMembers(federation, await survey(options, federation, passphrase, shell))
  return reportOf({ federation, stored, enrolled, files, isDone, tip, hasUnvault: unvault !== null })
}

/** Beside the enrolment that it follows, each with its generation. */
function filesOf({ from, enrolment, receipts, unvault }: RenewOptions, generation: number): Files {
  const beside = (name: string) => join(dirname(from), name)
  return {
    enrolment: enrolment ?? beside(`enrolment-${generation}.json`),
    receipts: receipts ?? beside(`enrolment-${generation}-receipts.json`),
    unvault: unvault ?? beside(`unvault-${generation}.json`),
  }
}

/** Another owner's root key would make another vault of the same coin. @throws CliError wrong-keys */
function requireRoot(from: string, { owner }: Manifest, root: string): void {
  if (owner.root === root) return
  throw new CliError(
    'wrong-keys',
    `The vault of ${from} belongs to the owner with the key ${owner.root}, and this is ${root}.`,
    'Renew it on the device of that owner; others sign it with belfry vault countersign.',
  )
}

/** @throws CliError files-disagree */
function requireSameDeposit({ deposit }: Manifest, vault: OpenVault, from: string): void {
  if (deposit.outpoint === vault.deposit.outpoint) return
  throw new CliError(
    'files-disagree',
    `${from} enrolled the coin ${deposit.outpoint}, this recovery set is for ${vault.deposit.outpoint}.`,
    'A renewal is of one coin; enrol another coin as a vault of its own with belfry vault enrol.',
  )
}

async function survey(
  { data }: RenewOptions,
  federation: Federation,
  passphrase: SecretBytes,
  { signal }: Shell,
): Promise<SurveyResult[]> {
  const results = await withLink(federation, data, passphrase, (link: FederationLink) => surveyVaults(link, signal))
  requireAnswer(results)
  return results
}

/**
 * The generation that this enrolment made is the active one; or the one that follows it is, which an earlier run sent.
 * @throws ClientError not-enrolled; CliError files-disagree, enrolment-ended
 */
async function requireFollows(
  from: string,
  { enrolment }: Files,
  federation: Federation,
  results: readonly SurveyResult[],
  previous: string,
  { vault_id }: Manifest,
): Promise<void> {
  const { active, all } = manifestsOf({ federation }, results, vault_id)
  const stored = (await exists(enrolment)) ? hashOfBundle((await readBundle(enrolment)).bundle) : null
  const ended = all.find(({ hash, states }) => hash === stored && states.filter(({ state }) => ENDED.has(state)).length > federation.b)
  if (ended !== undefined) {
    const isCancelled = ended.states.some(({ state }) => state === 'cancelled')
    const first = isCancelled ? `First take it back, for members keep its place: belfry vault withdraw --enrolment ${enrolment}. Then give` : 'Give'
    throw new CliError(
      'enrolment-ended',
      `${enrolment} was withdrawn or cancelled: it stays armed, and is never activated.`,
      `${first} another --enrolment, --receipts and --unvault to make the generation anew.`,
    )
  }
  if (active.hash === previous || active.hash === stored) return
  throw new CliError(
    'files-disagree',
    `Generation ${active.generation} is active with the members, and ${from} did not make it: its manifest is ${active.hash}.`,
    'Give the enrolment that made it with --from; if you did not make it, somebody else has your enrolment keys: move the coin.',
  )
}

interface Renewal {
  readonly options: RenewOptions
  readonly files: Files
  readonly federation: Federation
  readonly vault: OpenVault
  readonly before: Manifest
  readonly previous: ReturnType<typeof hashOfBundle>
  /** Lent. */
  readonly root: OwnerKey
}

async function prepareBundle(
  { options, files, federation, vault, before, previous, root }: Renewal,
  { output }: Shell,
): Promise<StoredBundle> {
  const { root: _, ...keys } = before.owner
  const generation = before.generation + 1
  const stored = await resumeOrStore({ path: files.enrolment, federation, root: root.publicKey }, async () => {
    const owner: OwnerKeys = await readOwnerKeys(options, root.publicKey, keys)
    return await makeBundle(
      { federation, vault, root, generation, previous, owner, signers: keys.enrol },
      (done, of) => output.count('envelopes sealed and opened again', done, of),
    )
  })
  requireSameVault(files.enrolment, stored.manifest, vault)
  await requireSameKeys(files.enrolment, stored.manifest, options, root.publicKey, keys)
  if (stored.manifest.previous !== previous) {
    throw new CliError(
      'files-disagree',
      `${files.enrolment} follows another generation than the one of ${options.from}.`,
      'Give another --enrolment, or the --from that it was made with.',
    )
  }
  if (stored.resumed) output.progress(`Going on with ${files.enrolment}: generation ${generation}.`)
  return stored
}

interface Renewed {
  readonly federation: Federation
  readonly stored: StoredBundle
  readonly enrolled: Enrolled
  readonly files: Files
  readonly isDone: boolean
  readonly tip: number | null
  readonly hasUnvault: boolean
}

function reportOf({ federation, stored, enrolled, files, isDone, tip, hasUnvault }: Renewed): Report {
  const { manifest, resumed } = stored
  const { receipts, active, states, manifest_hash } = enrolled
  const names = (indices: readonly MemberIndex[]) =>
    indices.map((index) => ({ index, name: federation.memberOf(index).name }))
  // Each member counts from the block in which it first held the bundle, which is no later than its tip now.
  const at_latest = isDone || tip === null ? null : tip + manifest.activation_delay
  return {
    result: {
      vault_id: manifest.vault_id,
      name: manifest.name,
      manifest_hash,
      generation: manifest.generation,
      previous: manifest.previous,
      resumed,
      receipts: names(receipts.map(({ member }) => member)),
      active: names(active),
      states: states.map(({ member, state }) => ({ index: member, state })),
      activation_delay_blocks: manifest.activation_delay,
      activates_at_latest: at_latest,
      keys: keysJson(manifest.owner),
      files: { ...files, unvault: isDone && hasUnvault ? files.unvault : null },
    },
    human: (style) => [
      style('green', `${receipts.length} of ${federation.members.length} members hold generation ${manifest.generation} of vault ${manifest.name}.`),
      `In words: ${survival(federation, receipts.length)}.`,
      ...(isDone
        ? ['It is active: its policy counts, and its unvaults may be announced.']
        : [
            `It waits: ${active.length === 0 ? 'no member' : count(active.length, 'member')} has it active yet. It becomes active ${count(manifest.activation_delay, 'block')} after a member held all receipts${at_latest === null ? '' : `, at block ${at_latest} at the latest`}, unless an incident is open.`,
            'Until then any one owner key may cancel it with belfry vault cancel, and enrolment keys take it back with belfry vault withdraw; either way it stays armed, and so does the one before it.',
            `Then run the same command again${hasUnvault ? `: it writes ${files.unvault} for the hot device` : ''}.`,
          ]),
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
