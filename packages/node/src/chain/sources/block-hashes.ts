import type { Bitcoind, CallOptions } from '@belfry/bitcoind'
import { type BlockHash, type Height, isHex32 } from '@belfry/protocol/primitives'

const HASHES_AT_ONCE = 500

/** Of bitcoind's chain; null where that does not go so high. @throws BitcoindError */
export async function hashesAt(
  { rpc }: Pick<Bitcoind, 'rpc'>, heights: readonly Height[], call: CallOptions,
): Promise<(BlockHash | null)[]> {
  const hashes: (BlockHash | null)[] = []
  for (let i = 0; i < heights.length; i += HASHES_AT_ONCE) {
    const calls = heights.slice(i, i + HASHES_AT_ONCE).map((height) => ({ method: 'getblockhash', params: [height] }))
    for (const outcome of await rpc.batch(calls, call)) {
      const hash = outcome.ok ? outcome.result : null
      hashes.push(typeof hash === 'string' && isHex32(hash) ? hash as BlockHash : null)
    }
  }
  return hashes
}

/** From one height on, up to another or to the end of bitcoind's chain. @throws BitcoindError */
export async function* hashesFrom(
  bitcoind: Pick<Bitcoind, 'rpc'>, { from, to }: { readonly from: Height; readonly to: Height }, call: CallOptions,
): AsyncGenerator<BlockHash, void, undefined> {
  for (let first: number = from; first <= to; first += HASHES_AT_ONCE) {
    const count = Math.min(HASHES_AT_ONCE, to - first + 1)
    for (const hash of await hashesAt(bitcoind, Array.from({ length: count }, (_, i) => first + i as Height), call)) {
      if (hash === null) return
      yield hash
    }
  }
}
