import type { ReadRequest, WatchRequest, WatchView } from '@belfry/node'
import type { Command } from 'commander'
import { type Registrar, addCommand, integer, option } from '../../command.ts'
import { type JsonObject, type Report, type Style, count } from '../../output/index.ts'
import { usageError } from '../../errors.ts'
import type { Shell } from '../../shell.ts'
import { describeWatch, jsonOf } from './describe.ts'
import { type DeskOptions, atDesk, deskOptions } from './desk.ts'
import { type OutpointsOptions, addList, outpointsOption } from './outpoints.ts'
import { type SubjectOptions, isAnySubject, subjectOf, subjectOptions } from './subject.ts'

interface AddOptions extends DeskOptions, OutpointsOptions, SubjectOptions {
  readonly label: string
  readonly birthHeight?: number
  readonly gap?: number
}

const MAX_HEIGHT = 0xffff_ffff
const MAX_GAP = 1_000

export function registerAdd(parent: Command, registrar: Registrar): void {
  addCommand<AddOptions>(parent, registrar, {
    usage: 'add',
    summary: 'Watch something from the next start of the node on',
    about:
      'The node must be stopped. Private keys are refused. Without --birth-height nothing of the past is looked for.\n' +
      'Compare the first address that it prints with the one that the wallet shows.\n' +
      'A list of outpoints (--outpoints) is kept apart: it has no label and no birth height.',
    example: 'belfry watch add --config /etc/belfry/node.yaml --descriptor-file wallet.txt --label savings --birth-height 840000',
    options: [
      ...deskOptions(),
      ...subjectOptions(),
      outpointsOption('up to five million coins'),
      option('--label <text>', 'what to call it').default('', 'none'),
      integer('--birth-height <height>', 'search the chain from this block on', 0, MAX_HEIGHT),
      integer('--gap <number>', 'indexes to watch above the highest that was paid (default: 20)', 1, MAX_GAP),
    ],
    run: (options) => runAdd(options, registrar.shell),
  })
}

async function runAdd(options: AddOptions, shell: Shell): Promise<Report> {
  const { outpoints } = options
  if (outpoints === undefined) return await addOne(options, shell)
  if (isAnySubject(options)) throw usageError('--outpoints stands alone.', 'Add what else is to be watched by another command.')
  if (options.label !== '' || options.birthHeight !== undefined || options.gap !== undefined) {
    throw usageError('A list of outpoints has no label, birth height or gap limit.', 'Leave them out.')
  }
  return await addList(outpoints, options, shell)
}

async function addOne(options: AddOptions, shell: Shell): Promise<Report> {
  const request: WatchRequest = {
    subject: await subjectOf(options, shell),
    label: options.label,
    birth_height: options.birthHeight ?? null,
    gap_limit: options.gap ?? null,
  }
  const { read, view } = await atDesk(options, shell, async (desk, { storedWatchesView }) => {
    const read = await desk.add(request, shell.now() as Parameters<typeof desk.add>[1])
    const [view] = await storedWatchesView([read.watch])
    return { read, view }
  })
  if (view === undefined) throw new Error('what was added has a view')
  if (read.assumed !== null) shell.output.warn(assumption(read.assumed))
  return { result: resultOf(view, read), human: (style) => describe(view, read, style) }
}

function assumption(script: string): string {
  return (
    `such a key does not say what its outputs are: taken as ${script}. ` +
    'If the first address is not that of the wallet, remove it and add it again with --as wpkh, sh-wpkh or tr'
  )
}

function resultOf(view: WatchView, { assumed, scripts }: ReadRequest): JsonObject {
  return { ...jsonOf(view), scripts, assumed_script: assumed }
}

function describe(view: WatchView, { scripts }: ReadRequest, style: Style): string[] {
  const watched = view.kind === 'outpoint' ? 'An outpoint' : count(scripts, 'script')
  return [
    ...describeWatch(view, style),
    '',
    `${watched} will be watched from the next start of the node on.`,
    view.birth_height === null
      ? 'What happened before is not looked for: that takes --birth-height.'
      : `The chain will be searched from block ${view.birth_height} on.`,
  ]
}
