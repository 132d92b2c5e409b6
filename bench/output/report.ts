/** A whole result, for people and for programs. */
import type { Machine } from './machine.ts'
import type { Row } from './row.ts'
import { table } from './table.ts'

export interface Report {
  readonly bench: string
  readonly commit: string
  readonly machine: Machine
  readonly rows: readonly Row[]
  /** For people, in place of a line for each row. */
  readonly lines?: readonly string[]
  /** Every check of correctness held. */
  readonly ok: boolean
}

/** One line; the keys stand in the order of the contract. */
export function jsonOf({ bench, commit, machine, rows, ok }: Report): string {
  return JSON.stringify({
    bench,
    commit,
    machine: { cpu: machine.cpu, cores: machine.cores, node: machine.node, bitcoind: machine.bitcoind },
    rows: rows.map(({ name, unit, n, median, p99, peer, ratio }) => ({ name, unit, n, median, p99, peer, ratio })),
    ok,
  })
}

export function textOf({ bench, commit, machine, rows, lines, ok }: Report): string {
  const { cpu, cores, node, bitcoind } = machine
  return [
    `${bench} at ${commit}`,
    `${cpu}, ${cores} cores, Node ${node}${bitcoind === null ? '' : `, bitcoind ${bitcoind}`}`,
    '',
    ...(lines ?? rowLines(rows)),
    '',
    ok ? 'every result was right' : 'A RESULT WAS WRONG: see above',
  ].join('\n')
}

function rowLines(rows: readonly Row[]): string[] {
  return table([
    ['', 'unit', 'n', 'median', 'p99', 'ratio', 'beside'],
    ...rows.map(({ name, unit, n, median, p99, peer, ratio }) => [
      name, unit, `${n}`, median.toFixed(2), p99.toFixed(2), ratio === null ? '' : ratio.toFixed(2),
      peer === null ? '' : `${peer.name} (${peer.median.toFixed(2)})`,
    ]),
  ])
}
