import { join } from 'node:path'
import {
  MAX_KEYS,
  type PublicKey,
  type SecretBytes,
  type VaultKeys,
  createOwnerKey,
  makeFolder,
  refuseExisting,
  vaultKeysToJson,
  writeFiles,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, integer, option, required } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { allOrNone } from '../../files/all-or-none.ts'
import { VAULT_KEYS } from '../../files/names.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { type Output, type Report, count, list, sentenceList } from '../../output/index.ts'

interface KeysOptions extends PassphraseOptions {
  readonly out: string
  readonly cold: number
  readonly hot: number
  readonly deepCold: number
  readonly heir: number
  readonly force?: boolean
}

export function registerKeys(parent: Command, registrar: Registrar): void {
  addCommand<KeysOptions>(parent, registrar, {
    usage: 'keys',
    summary: 'Make key files for a vault',
    about:
      'One encrypted file a key, and vault-keys.json with the public keys. Keys that lie together are stolen together: in ' +
      'earnest make each on a device of its own (--cold 1 --hot 0 --deep-cold 0), and give all vault-keys.json to the plan.',
    example: [
      'belfry vault keys --out keys --passphrase-file pass',
      'belfry vault keys --out keys --cold 1 --hot 0 --deep-cold 0 --passphrase-file pass',
    ].join('\n  '),
    options: [
      required('--out <dir>', 'where the files go'),
      integer('--cold <count>', 'keys that pre-sign the recovery set', 0, MAX_KEYS).default(3),
      integer('--hot <count>', 'the key that spends after the waiting time', 0, 1).default(1),
      integer('--deep-cold <count>', 'keys of the place to which a clawback brings the coin', 0, MAX_KEYS).default(3),
      integer('--heir <count>', 'the key that inherits after your silence', 0, 1).default(0),
      ...passphraseOptions(),
      option('--force', 'replace the files that are there, and lose their keys for good'),
    ],
    run: (options) => runKeys(options, registrar.shell.output),
  })
}

interface Planned {
  readonly role: keyof VaultKeys
  readonly path: string
}

async function runKeys(options: KeysOptions, output: Output): Promise<Report> {
  const { out, force = false } = options
  const planned = plannedFiles(options)
  if (planned.length === 0)
    throw usageError('No key was asked for.', 'Give --cold, --hot, --deep-cold or --heir a number above 0.')
  const summary = join(out, VAULT_KEYS)
  const all = [...planned.map(({ path }) => path), summary]
  await refuseExisting(all, { force })
  using passphrase = await readPassphrase(options)
  await makeFolder(out)
  const keys = await allOrNone(force, async (made) => {
    const keys = await makeKeys(planned, { passphrase, force }, made, output)
    await writeFiles([{ path: summary, content: vaultKeysToJson(keys), privacy: 'public' }], { force })
    return keys
  })
  return { result: { ...keys, files: all }, human: () => describe(keys, all) }
}

function plannedFiles({ out, cold, hot, deepCold, heir }: KeysOptions): Planned[] {
  const files = (role: Planned['role'], name: string, count: number): Planned[] =>
    Array.from({ length: count }, (_, at) => ({ role, path: join(out, `${name}-${at + 1}.key`) }))
  return [
    ...files('cold', 'cold', cold),
    ...files('hot', 'hot', hot),
    ...files('deep_cold', 'deep-cold', deepCold),
    ...files('heir', 'heir', heir),
  ]
}

async function makeKeys(
  planned: readonly Planned[],
  file: { readonly passphrase: SecretBytes; readonly force: boolean },
  made: (path: string) => void,
  output: Output,
): Promise<VaultKeys> {
  const keys = { cold: [] as PublicKey[], hot: [] as PublicKey[], deep_cold: [] as PublicKey[], heir: [] as PublicKey[] }
  for (const [at, { role, path }] of planned.entries()) {
    using key = await createOwnerKey({ ...file, path })
    made(path)
    keys[role].push(key.compressedPublicKey as PublicKey)
    output.count('keys made', at + 1, planned.length)
  }
  return keys
}

function describe({ cold, hot, deep_cold, heir }: VaultKeys, files: readonly string[]): string[] {
  const kinds = [[cold, 'cold key'], [hot, 'hot key'], [deep_cold, 'deep-cold key'], [heir, 'key of the heir']] as const
  const made = kinds.flatMap(([keys, name]) => (keys.length === 0 ? [] : [count(keys.length, name)]))
  return [
    `Made ${sentenceList(made)}.`,
    ...list([
      ...cold.map((key) => ['cold', key] as const),
      ...hot.map((key) => ['hot', key] as const),
      ...deep_cold.map((key) => ['deep cold', key] as const),
      ...heir.map((key) => ['heir', key] as const),
      ...files.map((path) => ['file', path] as const),
    ]),
    `Keep a copy of every key file and of the passphrase, each in another place.${deep_cold.length > 0 ? ' Without the deep-cold keys a clawed-back coin is lost.' : ''}`,
    `Next, with the ${VAULT_KEYS} of every device: belfry vault address`,
  ]
}
