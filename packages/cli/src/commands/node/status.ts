import type { StatusView } from '@belfry/node'
import type { Command } from 'commander'
import { NodeApi, type ApiOptions, apiOptions } from '../../api/node-api.ts'
import { type Registrar, addCommand } from '../../command.ts'
import { type Report, type Style, list } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { attentionOf } from './attention.ts'

export function registerStatus(parent: Command, registrar: Registrar): void {
  addCommand<ApiOptions>(parent, registrar, {
    usage: 'status',
    summary: 'Ask a running node how it is, and what it lacks',
    example: 'belfry node status --config /etc/belfry/node.yaml',
    options: apiOptions(),
    run: (options) => runStatus(options, registrar.shell),
  })
}

async function runStatus(options: ApiOptions, shell: Shell): Promise<Report> {
  const api = await NodeApi.of(options, shell)
  const status = await api.get<StatusView>('status')
  return { result: status, human: (style) => describe(status, style) }
}

function describe(status: StatusView, style: Style): string[] {
  const { member, federation, chain, peers, vaults, incidents, evidence } = status
  const others = federation.members - 1
  const tip = chain.tip === null ? 'no tip yet' : `tip ${chain.tip.height} ${chain.tip.hash}`
  return [
    `${style('bold', member.name)} (member ${member.index} of ${federation.members}) of ${federation.name}, on ${federation.network}`,
    status.ready ? style('green', 'ready') : style('red', 'not ready'),
    ...status.reasons.flatMap(({ reason, message, remedy }) => [
      `  ${style('red', reason)}: ${message}`,
      `  → ${remedy}`,
    ]),
    ...list([
      ['chain', `${chain.state}, ${tip}`],
      ...(chain.unseen === null ? [] : [['not seen', style('red', unseenOf(chain.unseen))] as const]),
      ['bitcoind', chain.implementation ?? 'not heard of yet'],
      ['fee estimate', chain.estimate_sat_vb === null ? 'none' : `${chain.estimate_sat_vb} sat/vB`],
      [
        'members',
        `${peers.connected} of ${others} connected; ${counted(peers, ['alive', 'suspect', 'dead', 'unknown'])}`,
      ],
      ...attentionOf(status, style),
      [
        'vaults',
        `${counted(vaults, ['active', 'waiting', 'armed', 'withdrawn'])}; ${vaults.protected} protected, ${vaults.exposed} exposed`,
      ],
      [
        'incidents',
        counted(incidents, ['alleged', 'open', 'certified', 'recovering', 'recovered', 'secured', 'gone', 'lost', 'settled']),
      ],
      ...(evidence > 0 ? [['evidence', style('red', `${evidence} against members: belfry evidence list`)] as const] : []),
      ['started', `${status.started_at ?? 'not yet'}, start ${status.boot}, ${status.software}`],
      ['lock', federation.lock_hash],
      ...status.epochs.slice(1).map((older) => [`epoch ${older.epoch}`, olderEpoch(older)] as const),
    ]),
  ]
}

/** Served besides the newest, for the vaults that are still guarded under its lock. */
function olderEpoch({ member, members, peers, vaults }: StatusView['epochs'][number]): string {
  const guarded = counted(vaults, ['active', 'waiting', 'armed', 'withdrawn'])
  return `member ${member.index} of ${members}; ${counted(peers, ['alive', 'suspect', 'dead', 'unknown'])}; vaults: ${guarded}`
}

function unseenOf({ from, to, spent }: NonNullable<StatusView['chain']['unseen']>): string {
  return `blocks ${from} to ${to}: bitcoind had pruned them; ${spent.length} watched coins are spent or were never there`
}

/** `3 alive, 1 dead`: only what there is. */
function counted<K extends string>(counts: Readonly<Record<K, number>>, kinds: readonly K[]): string {
  const there = kinds.filter((kind) => counts[kind] > 0)
  return there.length === 0 ? 'none' : there.map((kind) => `${counts[kind]} ${kind}`).join(', ')
}
