import { join } from 'node:path'
import {
  type Card,
  SchemaError,
  cardToJson,
  makeCard,
  openNodeKeys,
  parseCard,
  portsOf,
  refuseExisting,
  writeFiles,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option, required } from '../../command.ts'
import { CliError, usageError } from '../../errors.ts'
import { CARD, NODE_KEYS } from '../../files/names.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { readParsed } from '../../files/read-parsed.ts'
import { type Report, list } from '../../output/index.ts'

interface CardOptions extends PassphraseOptions {
  readonly data: string
  readonly address?: readonly string[]
  readonly out: string
  readonly force?: boolean
}

export function registerCard(parent: Command, registrar: Registrar): void {
  addCommand<CardOptions>(parent, registrar, {
    usage: 'card',
    summary: 'Make a card of this member with other addresses, and the same name and keys',
    about: `It takes effect once a change has it: belfry federation change --add ${CARD}`,
    example: 'belfry federation card --data /var/lib/belfry --address /ip4/192.0.2.7/tcp/9740 --passphrase-file pass',
    options: [
      required('--data <dir>', 'the data directory of this member'),
      option('--address <multiaddr...>', 'where this member listens, as the others reach it'),
      option('--out <file>', 'the card').default(CARD),
      ...passphraseOptions(),
      option('--force', 'replace the file that is there'),
    ],
    run: (options) => runCard(options),
  })
}

async function runCard(options: CardOptions): Promise<Report> {
  const { data, address = [], out, force = false } = options
  await refuseExisting([out], { force })
  const before = await readParsed(join(data, CARD), 'the card of this member', parseCard)
  using passphrase = await readPassphrase(options)
  using keys = await openNodeKeys({ path: join(data, NODE_KEYS), passphrase })
  requireOwn(before, keys.nodePublicKey, data)
  const card = withAddresses(before, address, (init) => makeCard(portsOf(keys), init))
  await writeFiles([{ path: out, content: cardToJson(card), privacy: 'public' }], { force })
  const { name, peer_id, addresses } = card
  return {
    result: { file: out, name, peer_id, addresses: [...addresses] },
    human: () => [
      `Made a card of ${name} with the same keys.`,
      ...list([['peer id', peer_id], ...addresses.map((one) => ['address', one] as const)]),
      `Wrote ${out}. Give it to whoever makes the change.`,
    ],
  }
}

/** @throws CliError files-disagree */
function requireOwn({ node_key, role }: Card, own: string, data: string): void {
  if (node_key === own && role === 'member') return
  throw new CliError(
    'files-disagree',
    `The card in ${data} is not that of a member with the keys beside it.`,
    'Give the data directory that belfry init --role member made.',
  )
}

function withAddresses(card: Card, addresses: readonly string[], make: (init: Card) => Card): Card {
  try {
    return make({ ...card, addresses: [...addresses] })
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw usageError(`--address: ${error.detail}`, 'Give another --address.')
  }
}
