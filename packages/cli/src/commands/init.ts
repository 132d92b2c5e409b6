import { join } from 'node:path'
import {
  CARD_ROLES,
  type Card,
  type CardRole,
  NodeKeys,
  OwnerKey,
  type OwnerKeyName,
  SchemaError,
  cardToJson,
  makeCard,
  makeFolder,
  portsOf,
  refuseExisting,
  writeFiles,
} from '@belfry/client'
import { addCommand, option, required } from '../command.ts'
import { usageError } from '../errors.ts'
import { allOrNone } from '../files/all-or-none.ts'
import { CARD, GUARDIAN_KEY, NODE_KEYS, OWNER_KEY } from '../files/names.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../files/passphrase.ts'
import { type Report, list } from '../output/index.ts'
import type { Register } from '../program.ts'

interface InitOptions extends PassphraseOptions {
  readonly role: CardRole
  readonly data: string
  readonly name: string
  readonly address?: readonly string[]
  readonly force?: boolean
}

export const registerInit: Register = (program, registrar) => {
  addCommand<InitOptions>(program, registrar, {
    usage: 'init',
    summary: 'Make the keys and the card of a member, owner or guardian',
    about: 'The key files are encrypted with the passphrase; the card is public, and signed by the keys.',
    example:
      'belfry init --role member --data /var/lib/belfry --name tower-1 --address /ip4/192.0.2.1/tcp/9740 --passphrase-file pass',
    options: [
      required('--role <role>', 'whose keys').choices(CARD_ROLES),
      required('--data <dir>', 'where the files go'),
      required('--name <name>', 'the name that others will see'),
      option('--address <multiaddr...>', 'where a member listens, as the others reach it'),
      ...passphraseOptions(),
      option('--force', 'replace the files that are there, and lose their keys for good'),
    ],
    run: (options) => init(options),
  })
}

async function init(options: InitOptions): Promise<Report> {
  const { role, data, force = false } = options
  const paths = { keys: join(data, NODE_KEYS), card: join(data, CARD), own: ownKeyPath(role, data) }
  const all = [paths.keys, paths.card, ...(paths.own === null ? [] : [paths.own])]
  await refuseExisting(all, { force })
  using passphrase = await readPassphrase(options)
  using nodeKeys = NodeKeys.random()
  using own = paths.own === null ? null : OwnerKey.random()
  // Before anything is written: a name or address that no card can carry costs no key that --force would replace.
  const card = cardOf(options, nodeKeys, own)
  await makeFolder(data)
  await allOrNone(force, async (made) => {
    await nodeKeys.writeTo({ path: paths.keys, passphrase, force })
    made(paths.keys)
    if (own !== null && paths.own !== null) {
      await own.writeTo({ path: paths.own, passphrase, force })
      made(paths.own)
    }
    await writeFiles([{ path: paths.card, content: cardToJson(card), privacy: 'public' }], { force })
  })
  return { result: { role, name: card.name, peer_id: card.peer_id, files: all }, human: () => describe(card, all) }
}

function ownKeyPath(role: CardRole, data: string): string | null {
  if (role === 'member') return null
  return join(data, role === 'owner' ? OWNER_KEY : GUARDIAN_KEY)
}

function cardOf({ role, name, address = [] }: InitOptions, nodeKeys: NodeKeys, own: OwnerKey | null): Card {
  return asUsage(() =>
    makeCard(portsOf(nodeKeys), {
      role,
      name,
      node_key: nodeKeys.nodePublicKey as Card['node_key'],
      encryption_key: role === 'member' ? (nodeKeys.encryptionPublicKey as NonNullable<Card['encryption_key']>) : null,
      owner_key: own === null ? null : (own.publicKey as OwnerKeyName),
      addresses: [...address],
    }),
  )
}

/** A name or address that no card can carry was given on the command line. */
function asUsage<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    const [field = ''] = error.path
    const flag = field === 'addresses' ? '--address' : `--${field}`
    throw usageError(`${flag}: ${error.detail}`, `Give another ${flag}.`)
  }
}

const NEXT: Record<CardRole, string> = {
  member: `Give ${CARD} to whoever defines the federation, and keep a copy of ${NODE_KEYS} with its passphrase elsewhere.`,
  owner: `Give ${CARD} to every operator, who adds it to the owners of the node, and keep a copy of both key files elsewhere.`,
  guardian: `Give ${CARD} to the owner, and keep a copy of both key files elsewhere.`,
}

function describe(card: Card, files: readonly string[]): string[] {
  const { role, name, peer_id, owner_key, addresses } = card
  return [
    `Made the keys of ${role} ${name}.`,
    ...list([
      ['peer id', peer_id],
      ...(owner_key === null ? [] : [[`${role} key`, owner_key] as const]),
      ...addresses.map((address) => ['address', address] as const),
      ...files.map((path) => ['file', path] as const),
    ]),
    NEXT[role],
  ]
}
