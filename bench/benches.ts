/** Every benchmark by name. Each is loaded when it is run: `--help` needs neither libp2p nor bitcoind. */
import type { Bench } from './bench.ts'

export const BENCHES: readonly Bench[] = [
  {
    name: 'reaction',
    summary: 'from a theft to the clawback: five nodes, five bitcoinds, 3 of 5 (P8), and one node alone (P7)',
    run: async (context) => (await import('./reaction/index.ts')).reaction(context),
  },
  {
    name: 'scan',
    summary: 'a block searched for a million and for five million outpoints, and by txids; its memory; the first block (P1, P2, P3, P5)',
    run: async (context) => (await import('./scan/index.ts')).scan(context),
  },
  {
    name: 'blocks',
    summary: 'from the notice of a full block to its last byte scanned: ZMQ, REST, RPC in hex (P6)',
    run: async (context) => (await import('./blocks/index.ts')).blocks(context),
  },
  {
    name: 'catchup',
    summary: 'a day of full blocks that were missed, fetched and scanned (P10)',
    run: async (context) => (await import('./catchup/index.ts')).catchup(context),
  },
  {
    name: 'watchset',
    summary: 'watched outpoints, a million and five: built, found, added, removed, their memory, rebuilt from disk (P4)',
    run: async (context) => (await import('./watchset/index.ts')).watchset(context),
  },
  {
    name: 'mempool',
    summary: '20,000 transactions a second through one watcher of a million coins; many thefts at once (P9)',
    run: async (context) => (await import('./mempool/index.ts')).mempool(context),
  },
  {
    name: 'thefts',
    summary: 'many thefts at once, answered by one member: the last rows of mempool alone (P9)',
    run: async (context) => (await import('./mempool/index.ts')).manyThefts(context),
  },
  {
    name: 'fees',
    summary: 'ladders and one fixed fee against fee markets: mined before the deadline, blocks, fee in percent of the vault (simulated)',
    run: async (context) => (await import('./fees/index.ts')).fees(context),
  },
  {
    name: 'federation',
    summary: 'messages, bytes and processor time of a member at rest and in an incident, against the number of members (P12)',
    run: async (context) => (await import('./federation/index.ts')).federation(context),
  },
]
