/** Whether my own bitcoind would take a transaction that came with another member's vote. */
import type { Bitcoind } from '@belfry/bitcoind'
import type { ImmediateEffect, SpendTx } from '@belfry/protocol'
import { type Outpoint, fromHex, splitOutpoint, toHex } from '@belfry/protocol/primitives'
import { ChainError } from '../chain/errors.ts'
import { type OutpointIndex, describeSpend, spendsOfTransaction } from '../chain/transactions.ts'

type TestSighting = Extract<ImmediateEffect, { effect: 'test-sighting' }>

/** The spend of one of the outpoints where the bytes are a transaction that my mempool would take or has; null otherwise. */
export async function testSighting(
  bitcoind: Bitcoind,
  { raw, outpoints }: TestSighting,
): Promise<{ outpoint: Outpoint; tx: SpendTx } | null> {
  const spend = decode(raw, outpoints)
  if (!spend) return null
  const answer = await bitcoind.testAccept([raw])
  return answer.kind === 'accepted' || answer.kind === 'already-known' ? spend : null
}

function decode(raw: Uint8Array, outpoints: readonly Outpoint[]): { outpoint: Outpoint; tx: SpendTx } | null {
  try {
    const spend = spendsOfTransaction(raw, indexOf(outpoints))[0]
    return spend ? { outpoint: spend.watched, tx: describeSpend(raw, spend.layout, null) } : null
  } catch (error) {
    if (error instanceof ChainError) return null
    throw error
  }
}

function indexOf(outpoints: readonly Outpoint[]): OutpointIndex<Outpoint> {
  const byKey = new Map(outpoints.map((outpoint) => [inputKey(outpoint), outpoint]))
  return { find: (bytes, offset) => byKey.get(toHex(bytes.subarray(offset, offset + 36))) }
}

/** As an input names it: txid in hash order, vout little-endian. */
function inputKey(outpoint: Outpoint): string {
  const { txid, vout } = splitOutpoint(outpoint)
  const index = new Uint8Array(4)
  new DataView(index.buffer).setUint32(0, vout, true)
  return toHex(fromHex(txid).toReversed()) + toHex(index)
}
