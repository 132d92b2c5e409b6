/** PSBTs of a plan, one file a transaction, as they travel between devices. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { VaultError, readBytes } from '@belfry/client'
import { CliError } from '../errors.ts'

export interface PsbtFile {
  readonly name: string
  /** Where it was read, if it was. */
  readonly path?: string
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
  for (const name of names) {
    const path = join(folder, name)
    files.push({ name, path, bytes: binary(await readBytes(path, 'a PSBT')) })
  }
  return files
}

/** @throws VaultError of `use`, with the file in its message: of hundreds of PSBTs, which one is it? */
export function withFile<T>({ path }: PsbtFile, use: () => T): T {
  try {
    return use()
  } catch (error) {
    if (path === undefined || !(error instanceof VaultError)) throw error
    throw new VaultError(error.code, `${path}: ${error.message}`, error.remedy)
  }
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
