/** Giving an order, in one go or in steps on several devices: make, sign, countersign, send, follow. */
import {
  type Bitcoind,
  type CommandResult,
  type Federation,
  type FederationLink,
  type Manifest,
  type OrderCommand,
  type Order,
  type SecretBytes,
  type SignedCommand,
  anchorOfBitcoind,
  anchorOfMembers,
  hashOfCommand,
  lastHeightFor,
  makeCommand,
  quorumFor,
  readCommand,
  readCommandFile,
  refuseExisting,
  requireCommandFits,
  requireTaken,
  sendCommand,
  signCommand,
  signersOf,
  writeCommandFile,
} from '@belfry/client'
import { confirm } from '../confirm.ts'
import { CliError, usageError } from '../errors.ts'
import { withBitcoind } from '../files/bitcoind.ts'
import { readFederation } from '../files/owner.ts'
import { readPassphrase } from '../files/passphrase.ts'
import { warnOfWrong } from '../files/wrong-signatures.ts'
import { type JsonObject, type Report, type Style, count } from '../output/index.ts'
import type { Shell } from '../shell.ts'
import { openOrderKey } from './key-of.ts'
import { LazyLink } from './lazy-link.ts'
import { type OrderOptions, stageOf } from './options.ts'
import { resultJson, resultLine } from './results.ts'
import { type NamedVault, vaultOf } from './vault-of.ts'

/** What an order needs to know before it is made. */
export interface Ground {
  readonly federation: Federation
  readonly vault: NamedVault
  /** Connects where nothing has yet. */
  readonly link: () => Promise<FederationLink>
  /** null where none was named. */
  readonly bitcoind: Bitcoind | null
  readonly passphrase: SecretBytes
}

/** What came of an order, beyond who took it. */
export interface Outcome {
  readonly json: JsonObject
  readonly human: (style: Style) => readonly string[]
}

export interface OrderKind {
  readonly order: Order['order']
  readonly make: (ground: Ground) => Promise<Order>
  /** Whole sentences on what it does. */
  readonly meaning: (command: OrderCommand) => readonly string[]
  /** Whether a person is asked first. */
  readonly asks: boolean
  /** Whether the answer of each member is wanted, though they hand it on. */
  readonly everybody?: boolean
  /** Called once enough members took it. It throws where the order failed. */
  readonly follow: (sent: Sent, shell: Shell) => Promise<Outcome>
}

export interface Sent {
  readonly federation: Federation
  readonly link: FederationLink
  readonly signed: SignedCommand
  readonly command: OrderCommand
  readonly results: readonly CommandResult[]
}

const WORDS: Readonly<Record<Order['order'], string>> = {
  panic: 'panic',
  'cancel-generation': 'cancellation',
  revoke: 'revocation',
  destroy: 'destruction',
  drill: 'drill',
}

const COMMANDS: Readonly<Record<Order['order'], string>> = {
  panic: 'belfry panic',
  'cancel-generation': 'belfry vault cancel',
  revoke: 'belfry vault revoke',
  destroy: 'belfry vault destroy',
  drill: 'belfry drill run',
}

/** Between two tries of a member that may take it later. */
const RETRY_MS = 2_000
/** Tries within the time that a command is followed; a member that lags takes it a block later. */
const MAX_RETRIES = 150

export async function giveOrder(options: OrderOptions, kind: OrderKind, shell: Shell): Promise<Report> {
  const stage = stageOf(options)
  if (stage.stage === 'sign-only') await refuseExisting([stage.file], {})
  const federation = await readFederation(options.lock)
  using passphrase = await readPassphrase(options)
  await using link = new LazyLink(federation, options.data, passphrase)
  switch (stage.stage) {
    case 'countersign':
      return await countersign(stage.file, { options, kind, federation, passphrase }, shell)
    case 'send': {
      const signed = await readStored(stage.file, shell)
      requireOrder(stage.file, signed, kind, federation)
      return await send(signed, { options, kind, federation }, await link.get(), shell)
    }
    case 'sign-only':
    case 'all': {
      const { signed, manifest } = await makeSigned({ options, kind, federation, passphrase }, link, shell)
      if (stage.stage === 'sign-only') {
        await writeCommandFile(stage.file, signed)
        return storedReport(stage.file, signed, kind, manifest)
      }
      requireQuorum(signed, kind, manifest)
      return await send(signed, { options, kind, federation, confirmed: true }, await link.get(), shell)
    }
  }
}

interface Giving {
  readonly options: OrderOptions
  readonly kind: OrderKind
  readonly federation: Federation
  readonly passphrase: SecretBytes
}

async function makeSigned(
  { options, kind, federation, passphrase }: Giving,
  link: LazyLink,
  shell: Shell,
): Promise<{ readonly signed: SignedCommand; readonly manifest: Manifest | null }> {
  const { signal } = shell
  const vault = await vaultOf(options.vault)
  const make = async (bitcoind: Bitcoind | null): Promise<Uint8Array> => {
    const what = await kind.make({ federation, vault, link: () => link.get(), bitcoind, passphrase })
    const anchor = bitcoind === null ? await anchorOfMembers(await link.get(), signal) : await anchorOfBitcoind(bitcoind, signal)
    return makeCommand({ federation, vault_id: vault.vault_id, anchor, what })
  }
  const bytes = (await withBitcoind(options, federation.network, signal, make)) ?? (await make(null))
  const command = requireCommandFits({ bytes }, federation)
  await ask(kind, command, vault.manifest, options, shell)
  using key = await openOrderKey(options.data, passphrase)
  return { signed: signCommand({ bytes, signatures: [] }, key), manifest: vault.manifest }
}

/** @param manifest where it is known: a person knows a vault by its name */
async function ask(
  kind: OrderKind,
  command: OrderCommand,
  manifest: Manifest | null,
  options: OrderOptions,
  shell: Shell,
): Promise<void> {
  const name = manifest === null ? '' : `${manifest.name}, `
  const sentences = [`This is a ${WORDS[kind.order]} of vault ${name}${command.vault_id}.`, ...kind.meaning(command)]
  if (kind.asks) await confirm(options, sentences, shell)
  else for (const sentence of sentences) shell.output.progress(sentence)
}

async function countersign(file: string, { options, kind, federation, passphrase }: Giving, shell: Shell): Promise<Report> {
  const before = await readStored(file, shell)
  const command = requireOrder(file, before, kind, federation)
  const manifest = await manifestOf(command, options)
  await ask(kind, command, manifest, options, shell)
  using key = await openOrderKey(options.data, passphrase)
  const signed = signCommand(before, key)
  await writeCommandFile(file, signed, { force: true })
  return storedReport(file, signed, kind, manifest)
}

async function readStored(file: string, { output }: Shell): Promise<SignedCommand> {
  const { signed, wrong } = await readCommandFile(file)
  warnOfWrong(output, file, wrong)
  return signed
}

/** Of the order in a file; null where --vault does not give it. @throws CliError files-disagree */
async function manifestOf({ vault_id }: OrderCommand, { vault: given }: OrderOptions): Promise<Manifest | null> {
  if (given === undefined) return null
  const vault = await vaultOf(given)
  if (vault.vault_id === vault_id) return vault.manifest
  throw new CliError('files-disagree', `The order is of vault ${vault_id}, and --vault is ${vault.vault_id}.`, 'Leave --vault out, or find out who gave you this order.')
}

/** @throws CliError usage; ClientError wrong-federation */
function requireOrder(file: string, signed: SignedCommand, { order }: OrderKind, federation: Federation): OrderCommand {
  const command = requireCommandFits(signed, federation)
  if (command.what.order === order) return command
  throw usageError(`${file} holds a ${WORDS[command.what.order]}, not a ${WORDS[order]}.`, `Give it to ${COMMANDS[command.what.order]}.`)
}

/** Where it is known whose signatures count, nothing is sent that every member would refuse. @throws CliError too-few-signatures */
function requireQuorum(signed: SignedCommand, { order }: OrderKind, manifest: Manifest | null): void {
  if (manifest === null) return
  const { k, keys } = quorumFor(manifest, order)
  const signers = signersOf(signed).filter((key) => keys.includes(key))
  if (signers.length >= k) return
  const wrong = signers.length === 0 ? ' This key is none of those that may.' : ''
  throw new CliError(
    'too-few-signatures',
    `A ${WORDS[order]} of this vault takes ${count(k, 'signature')} of its ${count(keys.length, 'key')}; there ${signers.length === 1 ? 'is' : 'are'} ${signers.length}.${wrong}`,
    'Sign it into a file with --sign-only, have the others add theirs with --countersign, then --send it.',
  )
}

function storedReport(file: string, signed: SignedCommand, { order }: OrderKind, manifest: Manifest | null): Report {
  const signers = signersOf(signed)
  const quorum = manifest === null ? null : quorumFor(manifest, order)
  const isComplete = quorum !== null && signers.filter((key) => quorum.keys.includes(key)).length >= quorum.k
  const last = lastHeightFor(readCommand(signed))
  const send = `any owner whom the members admit sends it with --send ${file}, before block ${last + 1}: that is about an hour and a half after it was made.`
  return {
    result: { file, order, command_hash: hashOfCommand(signed), signed_by: signers, signatures_needed: quorum?.k ?? null, last_height: last },
    human: () => [
      `${file}: a ${WORDS[order]}, signed by ${count(signers.length, 'key')}${quorum === null ? '' : ` of ${quorum.k} needed`}. Nothing was sent.`,
      isComplete ? `It is complete: ${send}` : `Others add theirs with --countersign ${file}; then ${send}`,
    ],
  }
}

interface Sending {
  readonly options: OrderOptions
  readonly kind: OrderKind
  readonly federation: Federation
  /** Asked before it was signed. */
  readonly confirmed?: boolean
}

async function send(
  signed: SignedCommand,
  { options, kind, federation, confirmed = false }: Sending,
  link: FederationLink,
  shell: Shell,
): Promise<Report> {
  const { output, signal } = shell
  const command = requireCommandFits(signed, federation)
  if (!confirmed) await ask(kind, command, await manifestOf(command, options), options, shell)
  const results = await sendCommand(link, signed, {
    onResult: (result) => output.progress(resultLine(federation, result)),
    retries: Math.min(MAX_RETRIES, Math.floor((options.wait * 1_000) / RETRY_MS)),
    retry_ms: RETRY_MS,
    ...(kind.everybody === true ? {} : { enough: federation.b + 1 }),
    signal,
  })
  requireTaken(link, results)
  const { json, human } = await kind.follow({ federation, link, signed, command, results }, shell)
  return {
    result: {
      order: kind.order,
      vault_id: command.vault_id,
      command_hash: hashOfCommand(signed),
      anchor_height: command.anchor.height,
      signed_by: signersOf(signed),
      members: results.map((result) => resultJson(federation, result)),
      ...json,
    },
    human,
  }
}
