import { type MovementInfo, readMovements } from '@belfry/client'
import type { Command } from 'commander'
import { type ApiOptions, NodeApi, apiOptions } from '../../api/node-api.ts'
import { type Registrar, addCommand, integer } from '../../command.ts'
import { type Json, type Report, type Style, btc, table, utc } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { asked } from './asked.ts'

interface EventsOptions extends ApiOptions {
  readonly after: number
  readonly limit: number
}

const MAX_EVENTS = 1_000

export function registerEvents(parent: Command, registrar: Registrar): void {
  addCommand<EventsOptions>(parent, registrar, {
    usage: 'events',
    summary: 'List what happened to what is watched: payments, and the spending of coins',
    about:
      'A running node is asked. The oldest that it keeps (the last 10,000) come first; go on with --after and the number of\n' +
      'the last one. With --json each has its evidence: the raw transaction, its block, and its place in it.',
    example: 'belfry watch events --config /etc/belfry/node.yaml --after 120',
    options: [
      ...apiOptions(),
      integer('--after <number>', 'only what came later than this one', 0, Number.MAX_SAFE_INTEGER).default(0),
      integer('--limit <number>', 'how many at most; fewer where transactions are long', 1, MAX_EVENTS).default(100),
    ],
    run: (options) => runEvents(options, registrar.shell),
  })
}

async function runEvents(options: EventsOptions, shell: Shell): Promise<Report> {
  const movements = await asked(readMovements(await NodeApi.of(options, shell), options))
  return { result: { movements: movements.map(jsonOf) }, human: (style) => describe(movements, options, style) }
}

function jsonOf({ watches, block, ...movement }: MovementInfo): Json {
  return { ...movement, watches: watches.map((place) => ({ ...place })), block: block && { ...block } }
}

function describe(movements: readonly MovementInfo[], { after, limit }: EventsOptions, style: Style): string[] {
  const [first] = movements
  if (first === undefined) return [after === 0 ? 'Nothing has happened yet.' : `Nothing has happened after ${after}.`]
  const lines = table(movements.map((one) => lineOf(one, style)), [0])
  const last = movements.at(-1)?.seq ?? after
  return [
    ...first.seq > after + 1 && after > 0 ? [style('yellow', `${after + 1} to ${first.seq - 1} are not kept any more.`)] : [],
    ...lines,
    ...movements.length < limit ? [] : ['', style('dim', `There may be more: --after ${last}`)],
  ]
}

function lineOf({ seq, told_at, event, outpoint, value_sats, watches, block }: MovementInfo, style: Style): string[] {
  return [
    String(seq),
    utc(Date.parse(told_at)),
    event.startsWith('spend') ? style('yellow', event) : event,
    value_sats === null ? '' : btc(BigInt(value_sats)),
    block === null ? '' : String(block.height),
    outpoint,
    watches.map(({ watch_id, label, branch, index }) => `${label || watch_id}${branch === null ? '' : ` ${branch}/${index}`}`).join(', '),
  ]
}
