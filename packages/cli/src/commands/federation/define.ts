import {
  type Definition,
  type Millis,
  NETWORKS,
  type Network,
  SchemaError,
  define,
  definitionToJson,
  parseCard,
  refuseExisting,
  verifier,
  writeFiles,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, integer, option, required } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { DEFINITION } from '../../files/names.ts'
import { readParsed } from '../../files/read-parsed.ts'
import type { Report } from '../../output/index.ts'
import { definitionJson, describeDefinition } from './describe.ts'

interface DefineOptions {
  readonly name: string
  readonly network: Network
  readonly out: string
  readonly quorum?: number
  readonly successionQuorum?: number
  readonly liars?: number
  readonly acceptNoSpareMember?: boolean
  readonly heartbeatMs?: number
  readonly experimentalMainnet?: boolean
  readonly force?: boolean
}

export function registerDefine(parent: Command, registrar: Registrar): void {
  const { now } = registrar.shell
  addCommand<DefineOptions, [cards: string[]]>(parent, registrar, {
    usage: 'define <cards...>',
    summary: 'Make a definition from the cards of all members',
    about: 'Without options the thresholds follow from the number of members: a majority claws back.',
    example: 'belfry federation define cards/*.json --name harbour --network signet',
    options: [
      required('--name <name>', 'what the federation is called'),
      required('--network <network>', 'the Bitcoin network it guards').choices(NETWORKS),
      option('--out <file>', 'the definition').default(DEFINITION),
      integer('--quorum <count>', 'votes and shares that clawback and emergency need', 1, 64),
      integer('--succession-quorum <count>', 'votes and shares that succession needs', 1, 64),
      integer('--liars <count>', 'lying members to be safe against', 0, 64),
      option('--accept-no-spare-member', 'allow thresholds that need every member to be up'),
      integer('--heartbeat-ms <ms>', 'how often members speak', 100, 60_000),
      option('--experimental-mainnet', 'guard real coins with young software'),
      option('--force', 'replace the file that is there'),
    ],
    run: (options, cards) => runDefine(options, cards, now() as Millis),
  })
}

async function runDefine(options: DefineOptions, paths: readonly string[], created_at: Millis): Promise<Report> {
  const { out, force = false } = options
  await refuseExisting([out], { force })
  const cards = await Promise.all(paths.map((path) => readParsed(path, 'a card', parseCard)))
  const definition = definitionOf(options, cards, created_at)
  await writeFiles([{ path: out, content: definitionToJson(definition), privacy: 'public' }], { force })
  return {
    result: { file: out, ...definitionJson(definition) },
    human: (style) => [
      ...describeDefinition(definition, style),
      '',
      `Definition ${definition.definition_hash}`,
      `Wrote ${out}. Every member now signs it: belfry federation sign ${out} --data DIR --passphrase-file FILE`,
    ],
  }
}

function definitionOf(
  options: DefineOptions,
  cards: Parameters<typeof define>[1]['cards'],
  created_at: Millis,
): Definition {
  const { name, network, quorum, successionQuorum, liars, heartbeatMs } = options
  const both = quorum === undefined ? undefined : { q: quorum, t: quorum }
  const succession = successionQuorum === undefined ? undefined : { q: successionQuorum, t: successionQuorum }
  try {
    return define(verifier, {
      name,
      network,
      created_at,
      cards,
      thresholds: {
        ...(liars === undefined ? {} : { b: liars }),
        ...(both ? { clawback: both, emergency: both } : {}),
        ...(succession ? { succession } : {}),
        accept_no_spare_member: options.acceptNoSpareMember ?? false,
      },
      timing: heartbeatMs === undefined ? {} : { heartbeat_ms: heartbeatMs as Millis },
      experimental_mainnet: options.experimentalMainnet ?? false,
    })
  } catch (error) {
    // Cards and numbers have been checked by now: only the name can still break its form.
    if (error instanceof SchemaError) throw usageError(`--${error.message}`, 'Use letters, digits, spaces and . _ -')
    throw error
  }
}
