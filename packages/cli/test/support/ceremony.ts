/** A federation by the commands that people use: init, define, sign, lock. */
import type { Workspace } from './workspace.ts'
import { result } from './belfry.ts'

export interface Ceremony {
  readonly lock: string
  readonly definition: string
  /** Of every member, in the order of the lock. */
  readonly data: readonly string[]
  readonly signatures: readonly string[]
}

export interface CeremonyOptions {
  readonly members: number
  /** Where member `index` listens, 1..n. */
  readonly address?: (index: number) => string
  readonly define?: readonly string[]
}

export async function holdCeremony(
  space: Workspace,
  { members, address, define = [] }: CeremonyOptions,
): Promise<Ceremony> {
  const data = await initMembers(space, members, address)
  const definition = space.file('federation.definition.json')
  const cards = data.map((dir) => `${dir}/belfry-card.json`)
  await result([
    'federation',
    'define',
    ...cards,
    '--name',
    'harbour',
    '--network',
    'regtest',
    '--out',
    definition,
    ...define,
  ])
  const signatures = await signAll(space, definition, data)
  const lock = space.file('federation.lock.json')
  await result(['federation', 'lock', ...signatures, '--definition', definition, '--out', lock])
  return { lock, definition, data, signatures }
}

export async function initMembers(
  space: Workspace,
  members: number,
  address?: (index: number) => string,
): Promise<string[]> {
  return Promise.all(
    Array.from({ length: members }, async (_, at) => {
      const data = space.file(`member-${at + 1}`)
      const where = address ? ['--address', address(at + 1)] : []
      await result([
        'init',
        '--role',
        'member',
        '--data',
        data,
        '--name',
        `tower-${at + 1}`,
        '--passphrase-file',
        space.passphrase,
        ...where,
      ])
      return data
    }),
  )
}

export async function signAll(space: Workspace, definition: string, data: readonly string[]): Promise<string[]> {
  return Promise.all(
    data.map(async (dir, at) => {
      const out = space.file(`signature-${at + 1}.json`)
      await result([
        'federation',
        'sign',
        definition,
        '--data',
        dir,
        '--out',
        out,
        '--passphrase-file',
        space.passphrase,
      ])
      return out
    }),
  )
}
