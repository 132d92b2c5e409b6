/**
 * The tree of commands. Only the nouns on the command line are loaded: `belfry version` on an owner's laptop reads no
 * libp2p, and nothing but `node` and `demo` ever loads a daemon.
 */
import { Command } from 'commander'
import type { Registrar } from './command.ts'

export type Register = (program: Command, registrar: Registrar) => void

interface Noun {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<Register>
}

const NOUNS: readonly Noun[] = [
  {
    name: 'init',
    summary: 'Make the keys and the card of a member, owner or guardian',
    load: async () => (await import('./commands/init.ts')).registerInit,
  },
  {
    name: 'federation',
    summary: 'Define, sign, lock and show a federation',
    load: async () => (await import('./commands/federation/index.ts')).registerFederation,
  },
  {
    name: 'node',
    summary: "Run a member's node, and ask how it is",
    load: async () => (await import('./commands/node/index.ts')).registerNode,
  },
  {
    name: 'ledger',
    summary: 'What a node has signed for, and what to do when its disk is in doubt',
    load: async () => (await import('./commands/ledger/index.ts')).registerLedger,
  },
  {
    name: 'vault',
    summary: 'Plan, sign, verify and enrol a vault',
    load: async () => (await import('./commands/vault/index.ts')).registerVault,
  },
  {
    name: 'watch',
    summary: 'Watch descriptors, keys, addresses, scripts and outpoints beside the vaults',
    load: async () => (await import('./commands/watch/index.ts')).registerWatch,
  },
  {
    name: 'incident',
    summary: 'List, show and explain incidents',
    load: async () => (await import('./commands/incident/index.ts')).registerIncident,
  },
  {
    name: 'evidence',
    summary: 'List, export and verify evidence against members',
    load: async () => (await import('./commands/evidence/index.ts')).registerEvidence,
  },
  {
    name: 'panic',
    summary: 'Bring a vault to deep cold now, by order of its owner or guardians',
    load: async () => (await import('./commands/panic/index.ts')).registerPanic,
  },
  {
    name: 'drill',
    summary: 'Rehearse an incident, and show what was rehearsed',
    load: async () => (await import('./commands/drill/index.ts')).registerDrill,
  },
  {
    name: 'demo',
    summary: 'Show a theft and its clawback on this machine',
    load: async () => (await import('./demo/index.ts')).registerDemo,
  },
  {
    name: 'version',
    summary: 'Print the version',
    load: async () => (await import('./commands/version.ts')).registerVersion,
  },
]

export interface ProgramInit extends Registrar {
  readonly argv: readonly string[]
  readonly writeOut: (text: string) => void
  readonly writeErr: (text: string) => void
}

export async function createProgram({ argv, writeOut, writeErr, ...registrar }: ProgramInit): Promise<Command> {
  const program = new Command('belfry')
    .description('A cluster of watchtowers for Bitcoin vaults.')
    .option('--json', 'print one JSON object instead of words; progress stays on standard error')
    .configureOutput({ writeOut, writeErr, outputError: () => {} })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
  for (const { name, summary, load } of NOUNS) {
    // A word that is an option's value loads a noun too many, which does no harm.
    if (argv.includes(name)) (await load())(program, registrar)
    else program.command(name).summary(summary).description(summary)
  }
  return program
}
