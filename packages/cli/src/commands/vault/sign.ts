import { join } from 'node:path'
import {
  type SignedRecoverySet,
  VaultError,
  type VaultPlan,
  buildRecoverySet,
  parsePlan,
  recoverySetFromPsbts,
  refuseExisting,
  signPsbt,
  signRecoverySet,
  toPsbt,
  writeFiles,
  writeRecoverySet,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { type Signers, openSigners, pathsOf } from '../../files/key-files.ts'
import { PLAN, RECOVERY_SET } from '../../files/names.ts'
import { type MaybePassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { type PsbtFile, readPsbts, withFile } from '../../files/psbt-folder.ts'
import { readParsed } from '../../files/read-parsed.ts'
import { type Report, count } from '../../output/index.ts'
import { describeSet, setJson } from './describe-set.ts'

interface SignOptions extends MaybePassphraseOptions {
  readonly plan: string
  readonly keys?: readonly string[]
  readonly psbtIn?: readonly string[]
  readonly psbtOut?: string
  readonly out: string
  readonly force?: boolean
}

export function registerSign(parent: Command, registrar: Registrar): void {
  addCommand<SignOptions>(parent, registrar, {
    usage: 'sign',
    summary: 'Sign the recovery set with key files, or by way of PSBTs',
    about:
      'With enough key files the set is signed and verified at once. For keys on several devices write PSBTs ' +
      '(--psbt-out), sign them there (--psbt-in with --keys and --psbt-out, or a wallet), and combine all with --psbt-in.',
    example: [
      'belfry vault sign --plan plan.json --keys keys/cold-1.key keys/cold-2.key --passphrase-file pass',
      'belfry vault sign --plan plan.json --psbt-out unsigned',
      'belfry vault sign --plan plan.json --psbt-in unsigned --keys keys/cold-1.key --psbt-out signed-1 --passphrase-file pass',
      'belfry vault sign --plan plan.json --psbt-in signed-1 signed-2 --passphrase-file pass',
    ].join('\n  '),
    options: [
      option('--plan <file>', 'what to sign').default(PLAN),
      option('--keys <files...>', 'cold key files'),
      option('--psbt-in <dirs...>', 'folders with PSBTs that others signed'),
      option('--psbt-out <dir>', 'write PSBTs instead of a recovery set'),
      option('--out <file>', 'the recovery set, encrypted').default(RECOVERY_SET),
      ...passphraseOptions({ optional: true }),
      option('--force', 'replace the files that are there'),
    ],
    run: runSign,
  })
}

async function runSign(options: SignOptions): Promise<Report> {
  const plan = await readParsed(options.plan, 'a plan', parsePlan)
  return options.psbtOut === undefined ? await makeSet(options, plan) : await makePsbts(options, plan, options.psbtOut)
}

async function makeSet(options: SignOptions, plan: VaultPlan): Promise<Report> {
  const { out, force = false } = options
  const keyPaths = pathsOf(options.keys)
  const folders = options.psbtIn ?? []
  if (keyPaths.length === 0 && folders.length === 0) {
    throw usageError(
      'Nothing to sign with.',
      'Give --keys, or --psbt-out and then --psbt-in for keys on other devices.',
    )
  }
  await refuseExisting([out], { force })
  using passphrase = await readPassphrase(options)
  using signers = await openSigners(keyPaths, passphrase)
  const psbts = (await Promise.all(folders.map(readPsbts))).flat()
  const set = signedSet(plan, signers, psbts)
  await writeRecoverySet(set, { path: out, passphrase, force })
  return {
    result: { file: out, ...setJson(set) },
    human: () => [
      ...describeSet(set),
      `Wrote ${out}, encrypted. Keep a copy elsewhere: with it and its passphrase you recover alone if the federation is gone.`,
      ...(plan.signing === 'ephemeral'
        ? ['Keep the cold keys until the vault is enrolled; then destroy them, and only then pay the deposit.']
        : []),
      // Its address is left for the owner to fill in: taken from here it would confirm nothing.
      `Next: belfry vault verify --plan ${options.plan} --set ${out} --confirm ADDRESS, the deep-cold address of your own record`,
    ],
  }
}

function signedSet(plan: VaultPlan, signers: Signers, psbts: readonly PsbtFile[]): SignedRecoverySet {
  if (psbts.length === 0) return signWith(plan, signers)
  return recoverySetFromPsbts(
    plan,
    signEach(plan, signers, psbts).map(({ bytes }) => bytes),
  )
}

/** @throws VaultError signatures-missing, with the way that leads on */
function signWith(plan: VaultPlan, { keys, sign }: Signers): SignedRecoverySet {
  const { threshold, keys: cold } = plan.cold
  // A key that is none of the plan's is told as such.
  if (keys.length >= threshold || keys.some((key) => !cold.includes(key))) return signRecoverySet(plan, keys, sign)
  throw new VaultError(
    'signatures-missing',
    `the plan asks for ${threshold} of its ${cold.length} cold keys, and ${count(keys.length, 'key file')} ${keys.length === 1 ? 'was' : 'were'} given`,
    'Give further key files with --keys; for keys on other devices write PSBTs with --psbt-out.',
  )
}

/** Without keys each is looked at all the same, so that a wrong one is told with its file. */
function signEach(plan: VaultPlan, { keys, sign }: Signers, psbts: readonly PsbtFile[]): PsbtFile[] {
  return psbts.map((psbt) => ({ ...psbt, bytes: withFile(psbt, () => signPsbt(plan, psbt.bytes, keys, sign)) }))
}

async function makePsbts(options: SignOptions, plan: VaultPlan, folder: string): Promise<Report> {
  const keyPaths = pathsOf(options.keys)
  const from = options.psbtIn ?? []
  if (from.length > 1)
    throw usageError(
      'PSBTs are signed one folder at a time.',
      'Give one --psbt-in; combine several without --psbt-out.',
    )
  const [source] = from
  const psbts = source === undefined ? unsignedPsbts(plan) : await readPsbts(source)
  const paths = psbts.map(({ name }) => join(folder, name))
  await refuseExisting(paths, options)
  const signed = keyPaths.length === 0 ? psbts : await signAll(options, plan, keyPaths, psbts)
  await writeFiles(
    signed.map(({ name, bytes }) => ({ path: join(folder, name), content: bytes, privacy: 'private' })),
    options,
  )
  const { threshold, keys } = plan.cold
  return {
    result: { psbts: paths, signed_by: keyPaths.length, signers_needed: threshold },
    human: () => [
      `Wrote ${count(paths.length, 'PSBT')} to ${folder}, ${keyPaths.length === 0 ? 'not signed' : `signed with ${count(keyPaths.length, 'key file')}`}.`,
      ...(plan.fee_coins.anyone_can_pay
        ? ['A wallet may warn of the sighash type (ALL|ANYONECANPAY) of anyone-can-pay-…: it is meant, for a coin to join.']
        : []),
      ...(keyPaths.length === 0
        ? [`Next, on each device with a cold key: belfry vault sign --psbt-in ${folder} --keys KEYFILE --psbt-out signed --passphrase-file FILE`]
        : []),
      `When ${threshold} of ${keys.length} cold keys have signed: belfry vault sign --plan ${options.plan} --psbt-in with the folders of all, and --passphrase-file`,
    ],
  }
}

function unsignedPsbts(plan: VaultPlan): PsbtFile[] {
  return buildRecoverySet(plan).map((unsigned) => ({ name: `${unsigned.id}.psbt`, bytes: toPsbt(unsigned) }))
}

async function signAll(
  options: SignOptions,
  plan: VaultPlan,
  keyPaths: readonly string[],
  psbts: readonly PsbtFile[],
): Promise<PsbtFile[]> {
  using passphrase = await readPassphrase(options)
  using signers = await openSigners(keyPaths, passphrase)
  return signEach(plan, signers, psbts)
}
