/** The next epoch of a federation by the commands that people use: change, sign, consent, lock. */
import type { Workspace } from './workspace.ts'
import { result } from './belfry.ts'

export interface Succession {
  readonly change: string
  readonly lock: string
  readonly signatures: readonly string[]
  readonly consents: readonly string[]
}

export interface SuccessionOptions {
  /** Of the folder that its files are put in. */
  readonly name: string
  /** The lock that it follows; the locks before it first. */
  readonly previous: string | readonly string[]
  /** Options of `federation change`. */
  readonly change: readonly string[]
  /** Data directories. */
  readonly signers: readonly string[]
  readonly consenters: readonly string[]
}

export async function changeMembers(space: Workspace, options: SuccessionOptions): Promise<Succession> {
  const { name, signers, consenters } = options
  const change = space.file(name, 'federation.change.json')
  const lock = space.file(name, 'federation.lock.json')
  await result(['federation', 'change', '--lock', ...[options.previous].flat(), '--out', change, ...options.change])
  const signatures = await signChange(space, name, change, signers)
  const consents = await consentAll(space, name, change, signatures, consenters)
  await result(['federation', 'lock', ...signatures, ...consents, '--definition', change, '--out', lock])
  return { change, lock, signatures, consents }
}

export async function signChange(space: Workspace, name: string, file: string, data: readonly string[]): Promise<string[]> {
  return await eachOf(space, name, 'signature', data, ['sign', file])
}

export async function consentAll(
  space: Workspace,
  name: string,
  change: string,
  signatures: readonly string[],
  data: readonly string[],
): Promise<string[]> {
  return await eachOf(space, name, 'consent', data, ['consent', ...signatures, '--change', change])
}

async function eachOf(
  space: Workspace,
  name: string,
  what: string,
  data: readonly string[],
  command: readonly string[],
): Promise<string[]> {
  return await Promise.all(
    data.map(async (dir, at) => {
      const out = space.file(name, `${what}-${at + 1}.json`)
      await result(['federation', ...command, '--data', dir, '--out', out, '--passphrase-file', space.passphrase])
      return out
    }),
  )
}
