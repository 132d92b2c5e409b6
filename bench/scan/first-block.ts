/**
 * A process of its own that becomes ready and then scans one block, its first. On stdout: how many milliseconds it took.
 * `first-block.ts <folder|-> <name> warm|unprepared`
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createTxidHasher } from '../../packages/node/src/chain/hashing/index.ts'
import { BlockScanner } from '../../packages/node/src/chain/serial/index.ts'
import { warmUp } from '../../packages/node/src/chain/warm-up.ts'
import { serialisedBlocks } from '../support/serialised-blocks/index.ts'
import { watchOutpoints } from './watched.ts'

const OUTPOINTS = 1_000_000
/** Between ready and the first block; what is compiled in the background is then done. */
const PAUSE_MS = 200

const [folder, name, prepared] = process.argv.slice(2)
const blocks = await serialisedBlocks(folder === undefined || folder === '-' ? null : folder)
const block = blocks.find((one) => one.name === name)
if (!block) throw new Error(`there is no block ${name ?? ''}`)
const { watchSet } = watchOutpoints([], OUTPOINTS, false)
const hasher = createTxidHasher()
const scanner = new BlockScanner(watchSet, hasher)
if (prepared === 'warm') await warmUp(hasher)
await pause(PAUSE_MS)
const started_ms = performance.now()
scanner.scanBlock(block.bytes)
const took_ms = performance.now() - started_ms
process.stdout.write(`${took_ms}\n`)
