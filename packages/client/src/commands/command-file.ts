/** `belfry-owner-command`: an order on its way between the devices that sign it. It carries the very bytes that are signed. */
import { type SignedCommand, signedCommand } from '@belfry/protocol'
import { type Infer, type VaultId, formatJson, s } from '@belfry/protocol/primitives'
import { ClientError } from '../errors.ts'
import { readJson } from '../files/json.ts'
import { writeFiles } from '../files/write.ts'
import { readCommand, withoutForged, wrongSignersOf } from './command.ts'

const commandFile = s.struct({
  format: s.literal('belfry-owner-command'),
  version: s.literal(1),
  /** Both repeat what is in the bytes, for whoever reads the file; checked. */
  vault_id: s.hex<VaultId>(32),
  order: s.text(32, 1),
  command: signedCommand,
})
type CommandFile = Infer<typeof commandFile>

/** @throws ClientError file-exists, command-malformed; KeystoreError file-not-written */
export async function writeCommandFile(path: string, signed: SignedCommand, { force = false } = {}): Promise<void> {
  const { vault_id, what } = readCommand(signed)
  const file: CommandFile = { format: 'belfry-owner-command', version: 1, vault_id, order: what.order, command: signed }
  await writeFiles([{ path, content: formatJson(commandFile, file), privacy: 'private' }], { force })
}

export interface StoredCommand {
  /** With the signatures that hold; whose they should be is not judged here: see signersOf. */
  readonly signed: SignedCommand
  /** Keys whose signature was there and is wrong: it was left out. */
  readonly wrong: readonly string[]
}

/**
 * @throws ClientError file-unreadable, file-malformed, command-malformed
 */
export async function readCommandFile(path: string): Promise<StoredCommand> {
  const { vault_id, order, command } = await readJson(commandFile, path, 'an owner command')
  const said = readCommand(command)
  if (said.vault_id === vault_id && said.what.order === order) {
    const signed = withoutForged(command)
    const wrong = wrongSignersOf(command)
    if (signed.signatures.length > 0) return { signed, wrong }
    throw new ClientError('file-malformed', `${path}: no signature in it holds (of ${wrong.join(', ')})`, 'Have it made anew.')
  }
  throw new ClientError(
    'file-malformed',
    `${path}: it says that it is a ${order} of vault ${vault_id}, and what is signed is a ${said.what.order} of vault ${said.vault_id}`,
    'Do not sign it before you know who made it so.',
  )
}
