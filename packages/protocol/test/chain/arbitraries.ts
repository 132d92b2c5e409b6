import * as fc from 'fast-check'
import type { BlockRef, ChainEvent, SpendTx } from '../../src/index.ts'
import type { BlockHash, Hash32 } from '../../src/primitives/index.ts'
import {
  anyFeerate,
  PLAIN,
  anyBlock,
  anyChainState,
  anyHex,
  anyOutpoint,
  anySats,
  anyText,
  anyTxid,
  bytesUpTo,
  upTo,
} from '../messages/arbitraries.ts'

export const anySpendTx: fc.Arbitrary<SpendTx> = fc.record(
  { txid: anyTxid, wtxid: anyTxid, vsize: upTo(1_000_000, 1), fee: fc.option(anySats), outputs_hash: anyHex<Hash32>(), raw: bytesUpTo(200) },
  PLAIN,
)

const blockChange = { block: anyBlock as fc.Arbitrary<BlockRef>, previous: anyHex<BlockHash>() }

export const anyChainEvent: fc.Arbitrary<ChainEvent> = fc.oneof(
  fc.record({ event: fc.constant('spend-seen' as const), outpoint: anyOutpoint, tx: anySpendTx }, PLAIN),
  fc.record(
    { event: fc.constant('spend-replaced' as const), outpoint: anyOutpoint, old_txid: anyTxid, tx: anySpendTx },
    PLAIN,
  ),
  fc.record({ event: fc.constant('spend-evicted' as const), outpoint: anyOutpoint, txid: anyTxid }, PLAIN),
  fc.record(
    { event: fc.constant('spend-confirmed' as const), outpoint: anyOutpoint, tx: anySpendTx, block: anyBlock },
    PLAIN,
  ),
  fc.record(
    { event: fc.constant('spend-unconfirmed' as const), outpoint: anyOutpoint, txid: anyTxid, block: anyBlock },
    PLAIN,
  ),
  fc.record({ event: fc.constant('block-connected' as const), ...blockChange }, PLAIN),
  fc.record({ event: fc.constant('block-disconnected' as const), ...blockChange }, PLAIN),
  fc.record(
    {
      event: fc.constant('chain-health' as const),
      state: anyChainState,
      estimate: fc.option(anyFeerate),
      mempool_floor: anyFeerate,
      implementation: anyText(128),
    },
    PLAIN,
  ),
)
