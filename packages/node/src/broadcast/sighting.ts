/** Whether my own bitcoind would take a transaction that came with another member's vote. */
import type { Bitcoind } from '@belfry/bitcoind'
import type { ImmediateEffect, SpendTx } from '@belfry/protocol'
import type { Outpoint } from '@belfry/protocol/primitives'
import { ChainError } from '../chain/errors.ts'
import { describeSpend, layoutOf } from '../chain/serial/index.ts'
import { inputsOf } from '../chain/watched/index.ts'

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
    const layout = layoutOf(raw)
    for (const outpoint of inputsOf(raw, layout)) {
      if (outpoints.includes(outpoint)) return { outpoint, tx: describeSpend(raw, layout, null) }
    }
    return null
  } catch (error) {
    if (error instanceof ChainError) return null
    throw error
  }
}
