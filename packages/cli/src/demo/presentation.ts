/** How the demo is told: JSON lines for programs, or words for people. */
import { type Json, type Output, type Report, table } from '../output/index.ts'
import type { Cluster } from './cluster/index.ts'
import type { DemoEvent, Finish } from './scene/events.ts'
import { Narration, progressText } from './scene/narration.ts'
import type { DemoSettings } from './settings.ts'

export interface Presentation {
  readonly tell: (events: readonly DemoEvent[]) => void
  /** The story of one member, as `incident explain` tells it. */
  readonly explain: (story: Report) => void
  /** What goes on after the end, and where. */
  readonly keep: (cluster: Cluster) => void
  readonly finish: (finish: Finish) => void
}

export function presentationOf(output: Output, settings: DemoSettings): Presentation {
  return output.json ? new JsonLines(output) : new Words(output, settings)
}

class JsonLines implements Presentation {
  readonly #output: Output

  constructor(output: Output) {
    this.#output = output
  }

  tell(events: readonly DemoEvent[]): void {
    for (const { event, at_ms, ...rest } of events) {
      if (!('line' in rest)) this.#output.event(event, at_ms, rest)
      else {
        const { event: happened, ...fields } = rest.line
        this.#output.event(happened, at_ms, fields)
      }
    }
  }

  /** Everything in it was told already. */
  explain(): void {}

  keep(cluster: Cluster): void {
    for (const place of placesOf(cluster)) this.#output.event('member-kept', Date.now(), place)
  }

  finish({ clawback_txid, reason, ...rest }: Finish): void {
    const fields: Record<string, Json> = reason === null ? { clawback_txid, ...rest } : { clawback_txid, reason, ...rest }
    this.#output.event('demo-finished', Date.now(), fields)
  }
}

class Words implements Presentation {
  readonly #output: Output
  readonly #narration: Narration
  readonly #settings: DemoSettings

  constructor(output: Output, settings: DemoSettings) {
    this.#output = output
    this.#settings = settings
    this.#narration = new Narration(settings.quorum, output.style)
  }

  tell(events: readonly DemoEvent[]): void {
    for (const event of events) {
      const text = progressText(event)
      if (text !== null) this.#output.progress(text)
    }
    for (const line of this.#narration.lines(events)) this.#output.line(line)
  }

  explain(story: Report): void {
    const { style } = this.#output
    const title = style('dim', '── The same story, as one member tells it: belfry incident explain ──')
    for (const line of ['', title, '', ...story.human(style)]) this.#output.line(line)
  }

  keep(cluster: Cluster): void {
    const { style } = this.#output
    const places = placesOf(cluster)
    const names = ['member', 'node_pid', 'data_dir', 'http_port', 'token_file', 'peer_address', 'bitcoind_pid', 'bitcoind_dir', 'rpc_port', 'cookie_file'] as const
    this.#output.line('')
    this.#output.line(style('bold', 'All is left running:'))
    for (const place of places) {
      this.#output.line('')
      for (const line of table(names.map((name) => [`  ${name.replaceAll('_', ' ')}`, String(place[name] ?? '–')]))) this.#output.line(line)
    }
    const pids = places.flatMap(({ node_pid, bitcoind_pid }) => [node_pid, bitcoind_pid]).filter((pid) => pid !== null)
    this.#output.line('')
    this.#output.line(`To end it: kill ${pids.join(' ')}; rm -r ${cluster.dir}`)
  }

  finish(finish: Finish): void {
    const { style } = this.#output
    this.#output.line('')
    for (const line of endingOf(finish, this.#settings)) this.#output.line(style(finish.reason === null ? 'green' : 'red', line))
  }
}

function endingOf(finish: Finish, { kill }: DemoSettings): string[] {
  const { clawback_txid, rung_sat_vb, confirmations, votes, members, quorum, theft_to_clawback_ms, first_seen_to_clawback_ms } = finish
  switch (finish.reason) {
    case null:
      return [
        `The coin is safe: the clawback ${clawback_txid ?? ''}`,
        `at ${rung_sat_vb ?? '?'} sat/vB has ${confirmations} ${confirmations === 1 ? 'confirmation' : 'confirmations'}. A bitcoind took it ${seconds(theft_to_clawback_ms)} after the theft was`,
        `sent, ${seconds(first_seen_to_clawback_ms)} after a member first saw it. ${votes} of ${members} members voted.`,
      ]
    case 'quorum-lost':
      return [
        `No clawback: with ${kill} of ${members} members gone, ${members - kill} are left, and it takes ${quorum}.`,
        'Until the window of the hot key has passed, members that come back can still claw back.',
      ]
    case 'timed-out':
      return ['No clawback yet, although there were enough members: this should not happen. Run it again with --keep and read the logs.']
  }
}

function seconds(ms: number | null): string {
  return ms === null ? '?' : `${(ms / 1_000).toFixed(1)} s`
}

type Place = {
  readonly member: string
  readonly node_pid: number | null
  readonly data_dir: string
  readonly http_port: number
  readonly token_file: string
  readonly peer_address: string
  readonly bitcoind_pid: number | null
  readonly bitcoind_dir: string
  readonly rpc_port: number
  readonly cookie_file: string
} & { readonly [name: string]: Json }

function placesOf({ members }: Cluster): Place[] {
  return members.map(({ name, pid, files, api, address, bitcoind }) => ({
    member: name,
    node_pid: pid,
    data_dir: files.dataDir,
    http_port: api.port,
    token_file: files.token,
    peer_address: address,
    bitcoind_pid: bitcoind.pid,
    bitcoind_dir: bitcoind.dataDir,
    rpc_port: bitcoind.rpcPort,
    cookie_file: bitcoind.cookieFile,
  }))
}
