/** PSBTs of a plan, one file a transaction, as they travel between devices. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readBytes } from '@belfry/client'
import { CliError } from '../errors.ts'

export interface PsbtFile {
  readonly name: string
  readonly bytes: Uint8Array
}

const SUFFIX = '.psbt'
/** The largest recovery set has a few hundred transactions. */
const MAX_PSBTS_PER_FOLDER = 1_000

/** @throws CliError no-psbts; ClientError file-unreadable */
export async function readPsbts(folder: string): Promise<PsbtFile[]> {
  const names = (await namesIn(folder)).filter((name) => name.endsWith(SUFFIX)).toSorted()
  if (names.length === 0 || names.length > MAX_PSBTS_PER_FOLDER) {
    throw new CliError(
      'no-psbts',
      `the folder ${folder} holds ${names.length} PSBTs, not 1 to ${MAX_PSBTS_PER_FOLDER}`,
      `Give the folder that --psbt-out wrote, or one with the signed ${SUFFIX} files.`,
    )
  }
  const files: PsbtFile[] = []
  // One after the other: a thousand open files are more than many a system allows.
  for (const name of names) files.push({ name, bytes: binary(await readBytes(join(folder, name), 'a PSBT')) })
  return files
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch {
    throw new CliError('no-psbts', `there is no folder ${folder} that can be read`, 'Give a folder with PSBT files.')
  }
}

const MAGIC = 'psbt'

/** Some wallets write base64 (BIP-174 knows both); what is neither is left for the parser to refuse. */
function binary(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1')
  return text.startsWith(MAGIC) ? bytes : Buffer.from(text.trim(), 'base64')
}
