import { type CodedError, ClientError, readWatches } from '@belfry/client'
import type { WatchView } from '@belfry/node'
import type { Command } from 'commander'
import { type ApiOptions, NodeApi, apiOptions } from '../../api/node-api.ts'
import { type Registrar, addCommand } from '../../command.ts'
import { CliError } from '../../errors.ts'
import { type Report, type Style, count } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { asked } from './asked.ts'
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

interface Watched {
  readonly watches: readonly WatchView[]
  readonly listed_outpoints: number
}

async function runList(options: ApiOptions, shell: Shell): Promise<Report> {
  const { watches, listed_outpoints } = await find(options, shell)
  return {
    result: { watches: watches.map(jsonOf), listed_outpoints },
    human: (style) => describe({ watches, listed_outpoints }, style),
  }
}

async function find(options: ApiOptions, shell: Shell): Promise<Watched> {
  try {
    return await asked(readWatches(await NodeApi.of(options, shell)))
  } catch (error) {
    const { config } = options
    if (config === undefined || !isAway(error)) throw error
    return await readStored(config, shell, error)
  }
}

/** No node answers, or none has ever run here: its token is made at its first start. */
function isAway(error: unknown): error is CodedError<string> {
  return error instanceof CliError ? error.code === 'unreachable' : error instanceof ClientError && error.code === 'file-unreadable'
}

async function readStored(config: string, shell: Shell, away: CodedError<string>): Promise<Watched> {
  try {
    return await atDesk({ config }, shell, async (desk, { storedWatchesView }) => ({
      watches: await storedWatchesView(await desk.list()),
      listed_outpoints: await desk.listedOutpoints(),
    }))
  } catch (error) {
    // It runs after all, and does not answer: that is what the person must know.
    if (error instanceof Error && 'code' in error && error.code === 'store-locked') throw away
    throw error
  }
}

function describe({ watches, listed_outpoints }: Watched, style: Style): string[] {
  if (watches.length === 0 && listed_outpoints === 0) return ['Nothing is watched beside the vaults.']
  const described = watches.flatMap((view) => [...describeWatch(view, style), ''])
  return listed_outpoints === 0 ? described.slice(0, -1) : [...described, `${count(listed_outpoints, 'outpoint')} on the list of outpoints.`]
}
