/** What is watched: of each block a few, and otherwise what no block has. */
import { Random } from '../../packages/node/src/chain/sample/index.ts'
import { LOCATOR_BYTES, OUTPOINT_BYTES, WatchSet } from '../../packages/node/src/chain/watch-set/index.ts'
import type { SerialisedBlock } from '../support/serialised-blocks/index.ts'
import { locatorKey, outpointKey, parse } from './peer.ts'

/** Of each block, as a vault's movement would be. */
const IN_EACH_BLOCK = 5
const SEED = 0xbe1f_0001

export interface Watched {
  readonly watchSet: WatchSet
  /** The same, for the peer. */
  readonly outpoints: Set<string>
  readonly locators: Set<string>
}

export function watchOutpoints(blocks: readonly SerialisedBlock[], count: number, forPeer: boolean): Watched {
  const watched: Watched = { watchSet: new WatchSet(), outpoints: new Set(), locators: new Set() }
  const key = new Uint8Array(OUTPOINT_BYTES)
  const view = new DataView(key.buffer)
  const add = (): void => {
    watched.watchSet.outpoints.add(view, 0)
    if (forPeer) watched.outpoints.add(outpointKey(key, view.getUint32(32, true)))
  }
  watched.watchSet.outpoints.reserve(count)
  for (const { ins } of blocks.flatMap(({ bytes }) => someOf(parse(bytes)))) {
    const input = ins.at(-1)
    if (input === undefined) continue
    key.set(input.hash)
    view.setUint32(32, input.index, true)
    add()
  }
  const random = new Random(SEED)
  while (watched.watchSet.outpoints.size < count) {
    for (let at = 0; at < 32; at += 4) view.setUint32(at, random.word(), true)
    view.setUint32(32, random.below(4), true)
    add()
  }
  watched.watchSet.settle()
  return watched
}

/** Beside the outpoints that are watched already. */
export function watchLocators(watched: Watched, blocks: readonly SerialisedBlock[], count: number): void {
  const { watchSet: { txidLocators }, locators } = watched
  const add = (locator: Uint8Array): void => {
    txidLocators.add(locator)
    locators.add(locatorKey(locator))
  }
  const some = blocks.flatMap(({ bytes }) => someOf(parse(bytes)))
  for (const transaction of some) add(transaction.getHash().slice(0, LOCATOR_BYTES))
  const random = new Random(SEED)
  const view = new DataView(new ArrayBuffer(32))
  const locator = new Uint8Array(view.buffer, 0, LOCATOR_BYTES)
  while (txidLocators.size < count) {
    for (let at = 0; at < LOCATOR_BYTES; at += 4) view.setUint32(at, random.word(), true)
    add(locator)
  }
  txidLocators.settle()
}

/** Spread over the whole, the last one among them. */
function someOf<T>(all: readonly T[]): T[] {
  const step = Math.max(1, Math.floor(all.length / IN_EACH_BLOCK))
  return all.filter((_, i) => (all.length - 1 - i) % step === 0)
}
