import { type CodedError, ClientError, SchemaError, readWatches } from '@belfry/client'
import type { WatchView } from '@belfry/node'
import type { Command } from 'commander'
import { type ApiOptions, NodeApi, apiOptions } from '../../api/node-api.ts'
import { type Registrar, addCommand } from '../../command.ts'
import { CliError } from '../../errors.ts'
import type { Report, Style } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { describeWatch, jsonOf } from './describe.ts'
import { atDesk } from './desk.ts'

export function registerList(parent: Command, registrar: Registrar): void {
  addCommand<ApiOptions>(parent, registrar, {
    usage: 'list',
    summary: 'List what is watched, how far it has grown and how far the chain was searched for it',
    about: 'A running node is asked; where --config is given and none runs, its data directory is read.',
    example: 'belfry watch list --config /etc/belfry/node.yaml',
    options: apiOptions(),
    run: (options) => runList(options, registrar.shell),
  })
}

async function runList(options: ApiOptions, shell: Shell): Promise<Report> {
  const watches = await find(options, shell)
  return { result: { watches: watches.map(jsonOf) }, human: (style) => describe(watches, style) }
}

async function find(options: ApiOptions, shell: Shell): Promise<readonly WatchView[]> {
  try {
    return await ask(await NodeApi.of(options, shell))
  } catch (error) {
    const { config } = options
    if (config === undefined || !isAway(error)) throw error
    return await readStored(config, shell, error)
  }
}

async function ask(api: NodeApi): Promise<readonly WatchView[]> {
  try {
    return await readWatches(api)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new CliError('api-malformed', 'The node answers what this version cannot read.', 'Use the version that the node is of.')
  }
}

/** No node answers, or none has ever run here: its token is made at its first start. */
function isAway(error: unknown): error is CodedError<string> {
  return error instanceof CliError ? error.code === 'unreachable' : error instanceof ClientError && error.code === 'file-unreadable'
}

async function readStored(config: string, shell: Shell, away: CodedError<string>): Promise<readonly WatchView[]> {
  try {
    return await atDesk({ config }, shell, async (desk, { storedWatchesView }) => storedWatchesView(await desk.list()))
  } catch (error) {
    // It runs after all, and does not answer: that is what the person must know.
    if (error instanceof Error && 'code' in error && error.code === 'store-locked') throw away
    throw error
  }
}

function describe(watches: readonly WatchView[], style: Style): string[] {
  if (watches.length === 0) return ['Nothing is watched beside the vaults.']
  return watches.flatMap((view, at) => [...(at === 0 ? [] : ['']), ...describeWatch(view, style)])
}
