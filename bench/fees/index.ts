/** Ladders beside one fixed fee in four kinds of fee market: `pnpm bench fees`. */
import type { BenchContext, BenchResult } from '../bench.ts'
import { type Peer, type Row, row } from '../output/row.ts'
import { table } from '../output/table.ts'
import { summarise } from '../statistics.ts'
import { REGIMES, type Regime } from './regimes.ts'
import { type Simulated, type Told, VALUES_BTC, simulate } from './simulate.ts'
import { STRATEGIES } from './strategies.ts'

const INCIDENTS = 2_000
const SEED = 1
/** One fee for everything, as other watchtowers pay; the higher of the two. */
const PEER = 'fixed-50'

export function fees({ incidents, samples, seed, progress, signal }: BenchContext): Promise<BenchResult> {
  const count = incidents ?? samples ?? INCIDENTS
  const simulated = REGIMES.map((regime) => {
    signal.throwIfAborted()
    progress(`${regime}, ${count} incidents`)
    return simulate(regime, count, seed ?? SEED)
  })
  return Promise.resolve({
    rows: simulated.flatMap(({ regime, market, told }) => [row(`${regime}/market`, 'sat/vB', market), ...told.flatMap((one) => rowsOf(regime, one, told))]),
    lines: simulated.flatMap(linesOf),
    wrong: simulated.flatMap(({ wrong }) => wrong),
    bitcoind: null,
  })
}

function rowsOf(regime: Regime, one: Told, all: readonly Told[]): Row[] {
  const fixed = all.find(({ strategy, value_btc }) => strategy.name === PEER && value_btc === one.value_btc)
  const peer = (value: (told: Told) => number | null): Peer | null => {
    const median = fixed === undefined || fixed === one ? null : value(fixed)
    return median === null ? null : { name: PEER, median }
  }
  const name = `${regime}/${one.strategy.name}/${one.value_btc}-btc`
  const paid = one.fees.length === 0
    ? []
    : [row(`${name}/fee`, 'percent', one.fees, peer((told) => (told.fees.length === 0 ? null : summarise(told.fees).median)))]
  if (one.value_btc === LARGEST) return paid
  return [
    { ...row(`${name}/late`, 'percent', [one.late], peer(({ late }) => late)), n: one.blocks.length },
    row(`${name}/blocks`, 'blocks', one.blocks, peer(({ blocks }) => summarise(blocks).median)),
    ...paid,
  ]
}

/** From here on ladders and pools are the same; only the percentage differs. */
const LARGEST = VALUES_BTC.at(-1)

/** One line for each strategy; medians, with the p99 in brackets. */
function linesOf({ regime, market, told }: Simulated): string[] {
  const { median, p99 } = summarise(market)
  const differing = VALUES_BTC.filter((value_btc) => value_btc !== LARGEST)
  const cells = (name: string, values: readonly number[], cell: (one: Told) => string): string[] =>
    values.map((value_btc) => {
      const one = told.find(({ strategy, ...of }) => strategy.name === name && of.value_btc === value_btc)
      return one === undefined ? '' : cell(one)
    })
  return [
    `${regime}: ${told[0]?.blocks.length ?? 0} incidents, the market ${median.toFixed(1)} (${p99.toFixed(0)}) sat/vB`,
    ...table([
      [
        'vault in BTC',
        ...differing.map((value_btc) => `in time, ${value_btc}`),
        ...differing.map((value_btc) => `blocks, ${value_btc}`),
        ...VALUES_BTC.map((value_btc) => `fee %, ${value_btc}`),
        '',
      ],
      ...STRATEGIES.map(({ name }) =>
        [name].concat(
          cells(name, differing, ({ late }) => `${(100 - late).toFixed(1)} %`),
          cells(name, differing, ({ blocks }) => withP99(blocks, 0)),
          cells(name, VALUES_BTC, ({ fees: paid }) => withP99(paid, 3)),
          '',
        ),
      ),
    ]),
    '',
  ]
}

function withP99(samples: readonly number[], decimals: number): string {
  if (samples.length === 0) return '–'
  const { median, p99 } = summarise(samples)
  return `${median.toFixed(decimals)} (${p99.toFixed(decimals)})`
}
