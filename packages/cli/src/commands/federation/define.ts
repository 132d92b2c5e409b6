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
import { type Registrar, addCommand, option, required } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { DEFINITION } from '../../files/names.ts'
import { readParsed } from '../../files/read-parsed.ts'
import type { Report } from '../../output/index.ts'
import { definitionJson, describeDefinition } from './describe.ts'
import { type ThresholdOptions, choicesOf, thresholdOptions, timingOf } from './thresholds.ts'

interface DefineOptions extends ThresholdOptions {
  readonly name: string
  readonly network: Network
  readonly out: string
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
      ...thresholdOptions(),
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
  const { name, network } = options
  try {
    return define(verifier, {
      name,
      network,
      created_at,
      cards,
      thresholds: choicesOf(options),
      timing: timingOf(options),
      experimental_mainnet: options.experimentalMainnet ?? false,
    })
  } catch (error) {
    // Cards and numbers have been checked by now: only the name can still break its form.
    if (error instanceof SchemaError) throw usageError(`--${error.message}`, 'Use letters, digits, spaces and . _ -')
    throw error
  }
}
