import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TxidHasher } from './hashing/index.ts'
import { Random, sampleBlock } from './sample/index.ts'
import { BlockWalk } from './serial/block-walk.ts'
import { BlockScanner, describeSpend, type Hits } from './serial/index.ts'
import { LOCATOR_BYTES, OUTPOINT_BYTES, WatchSet } from './watch-set/index.ts'

const SAMPLE = { seed: 0x5ca1_ab1e, weight: 600_000 }
/** After half of these nothing became faster any more where it was measured. */
const ROUNDS = 80
/** Of the inputs, of the outputs and of the transactions, one in so many is watched. */
const WATCHED_ONE_IN = 100
/** One more than fill three quarters of 2,048 slots: the table then grows, as one that is in use may at any time. */
const GROWING = 1_537

/**
 * Runs scanner and hasher on a block made for it until V8 has compiled them for good, so that the first real block
 * takes no longer than later ones. It takes some hundred milliseconds, in between which other work goes on.
 * @param hasher the one that will be used: its WebAssembly is compiled for it alone
 */
export async function warmUp(hasher: TxidHasher, signal?: AbortSignal): Promise<void> {
  // As sources give them.
  const block = Buffer.from(sampleBlock(SAMPLE).buffer)
  const walk = new BlockWalk(1)
  walk.block(new DataView(block.buffer), 0, block.length, { inputs: true, outputs: true })
  const { start, end } = walk.layouts.of(1)
  const transaction = block.subarray(start, end)
  // Every block comes in a buffer of its own.
  const other = Buffer.from(block)
  const scanners = watchSetsFor(block, walk, hasher).map((watchSet) => new BlockScanner(watchSet, hasher))
  for (let round = 0; round < ROUNDS; round++) {
    for (const scanner of scanners) {
      readAll(block, scanner.scanBlock(block))
      readAll(other, scanner.scanBlock(other))
      readAll(transaction, scanner.scanTransaction(transaction))
    }
    await nextTurn(undefined, { signal })
  }
}

/** One with nothing, one with outpoints only, and one with all tables, of which some are growing. */
function watchSetsFor(block: Buffer, { inputs, layouts, outputs }: BlockWalk, hasher: TxidHasher): WatchSet[] {
  const [nothing, outpoints, all] = [new WatchSet(), new WatchSet(), new WatchSet()]
  const view = new DataView(block.buffer)
  addOthers(all)
  for (let i = 0; i < inputs.count; i += WATCHED_ONE_IN) {
    outpoints.outpoints.add(view, inputs.at(i))
    all.outpoints.add(view, inputs.at(i))
  }
  for (let i = 0; i < outputs.count; i += WATCHED_ONE_IN) {
    // In the sample all are shorter than 253 bytes.
    const script = outputs.at(i) + 9
    all.scripts.add(block.subarray(script, script + view.getUint8(script - 1)))
  }
  hasher.load(block, layouts)
  const count = hasher.hashNext()
  hasher.hashTxids()
  const hashes = new Uint8Array(hasher.view.buffer)
  for (let i = 0; i < count; i += WATCHED_ONE_IN) {
    all.txidLocators.add(hashes.slice(hasher.txidAt(i), hasher.txidAt(i) + LOCATOR_BYTES))
    all.hashedLocators.add(hashes.slice(hasher.hashedTxidAt(i), hasher.hashedTxidAt(i) + LOCATOR_BYTES))
  }
  return [nothing, outpoints, all]
}

/** What is in no block. */
function addOthers(watchSet: WatchSet): void {
  const random = new Random(SAMPLE.seed)
  const view = new DataView(new ArrayBuffer(OUTPOINT_BYTES))
  const bytes = new Uint8Array(view.buffer)
  for (let i = 0; i < GROWING; i++) {
    for (let at = 0; at < OUTPOINT_BYTES; at += 4) view.setUint32(at, random.word(), true)
    watchSet.outpoints.add(view, 0)
    watchSet.scripts.add(bytes.subarray(0, 22))
    watchSet.txidLocators.add(bytes.subarray(0, LOCATOR_BYTES))
    watchSet.hashedLocators.add(bytes.subarray(0, LOCATOR_BYTES))
  }
}

/** As whoever makes events of them does. */
function readAll(bytes: Uint8Array, hits: Hits): void {
  for (let i = 0; i < hits.count; i++) {
    if (hits.kind(i) === 'payment') hits.value(i)
    hits.entry(i)
    hits.index(i)
    hits.position(i)
    describeSpend(bytes, hits.transaction(i), null)
  }
}
