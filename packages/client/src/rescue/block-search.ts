/**
 * Which confirmed transaction spent a coin, asked of a bitcoind that may have no transaction index: by its block filters
 * where it keeps them, else by reading its blocks from the tip down.
 */
import { type Bitcoind, BitcoindError, type BlockHeader } from '@belfry/bitcoind'
import { type BlockHash, type Height, type Outpoint, type Txid, fromHex, isHex32, outpointOf, splitOutpoint, toHex } from '@belfry/protocol/primitives'
import { ClientError } from '../errors.ts'

/** A coin whose spend is looked for. */
export interface Sought {
  readonly outpoint: Outpoint
  /** Of the output; block filters go by it. */
  readonly script: Uint8Array
}

export interface ConfirmedSpend {
  readonly outpoint: Outpoint
  readonly txid: Txid
  readonly block: BlockHash
  readonly height: Height
}

export interface SearchInit {
  /** The search ends where the first of these was spent; the others were spent later, if at all. */
  readonly sought: readonly [Sought, ...Sought[]]
  readonly tip: Height
  /** How far back. */
  readonly blocks: number
  readonly onProgress: (done: number, of: number) => void
  readonly signal: AbortSignal
}

const FILTER_INDEX = 'basic block filter index'
/** Over the chain of years this takes minutes. */
const FILTER_SCAN_TIMEOUT_MS = 30 * 60_000
/** A full block with every field spelt out is about 15 MB; only a block that names the coin is asked for so. */
const SPELT_OUT_TIMEOUT_MS = 120_000
/** A coin's scripts are its own: whoever makes more blocks match than this does it on purpose, and blocks are read instead. */
const MAX_MATCHES = 1_000

/** @returns the spends that were found, the last first @throws BitcoindError; ClientError blocks-pruned */
export async function searchSpends(bitcoind: Bitcoind, init: SearchInit): Promise<ConfirmedSpend[]> {
  const lowest = Math.max(0, init.tip - init.blocks + 1)
  const matches = await matchingBlocks(bitcoind, init, lowest)
  return matches === null ? await readDown(bitcoind, init, lowest) : await readEach(bitcoind, init, matches)
}

/** By the index of block filters (BIP-158), the last block first; null where bitcoind keeps none, or none that helps. */
async function matchingBlocks(bitcoind: Bitcoind, { sought, tip, signal }: SearchInit, lowest: number): Promise<BlockHash[] | null> {
  if (!(await hasFilters(bitcoind, tip, signal))) return null
  const scripts = [...new Set(sought.map(({ script }) => `raw(${toHex(script)})`))]
  try {
    const answer = await bitcoind.rpc.call('scanblocks', ['start', scripts, lowest, tip, 'basic'], {
      signal,
      timeout_ms: FILTER_SCAN_TIMEOUT_MS,
    })
    const blocks = fieldOf(answer, 'relevant_blocks')
    if (!Array.isArray(blocks) || blocks.length > MAX_MATCHES) return null
    return blocks.filter((one): one is BlockHash => typeof one === 'string' && isHex32(one)).toReversed()
  } catch (error) {
    // Another scan under way, or not allowed from here.
    if (isWithheld(error)) return null
    throw error
  }
}

/** Of an index that is not made as far as the tip, a scan says nothing, and nothing of that either. */
async function hasFilters(bitcoind: Bitcoind, tip: Height, signal: AbortSignal): Promise<boolean> {
  try {
    const index = fieldOf(await bitcoind.rpc.call('getindexinfo', [FILTER_INDEX], { signal }), FILTER_INDEX)
    const reached = fieldOf(index, 'best_block_height')
    return fieldOf(index, 'synced') === true && typeof reached === 'number' && reached >= tip
  } catch (error) {
    if (isWithheld(error)) return false
    throw error
  }
}

/** Blocks serve as well. */
function isWithheld(error: unknown): boolean {
  return error instanceof BitcoindError && (error.code === 'rpc-error' || error.code === 'forbidden')
}

async function readEach(bitcoind: Bitcoind, { sought, signal }: SearchInit, hashes: readonly BlockHash[]): Promise<ConfirmedSpend[]> {
  const found: ConfirmedSpend[] = []
  for (const hash of hashes) {
    const header = await bitcoind.getBlockHeader(hash, { signal })
    if (header === null) continue
    found.push(...(await spendsIn(bitcoind, header, sought, signal)))
    if (found.some(({ outpoint }) => outpoint === sought[0].outpoint)) break
  }
  return found
}

async function readDown(bitcoind: Bitcoind, { sought, tip, onProgress, signal }: SearchInit, lowest: number): Promise<ConfirmedSpend[]> {
  const found: ConfirmedSpend[] = []
  let hash = await bitcoind.getBlockHash(tip, { signal })
  while (hash !== null) {
    const header: BlockHeader | null = await bitcoind.getBlockHeader(hash, { signal })
    if (header === null || header.height < lowest) break
    onProgress(tip - header.height, tip - lowest + 1)
    found.push(...(await spendsIn(bitcoind, header, sought, signal)))
    if (found.some(({ outpoint }) => outpoint === sought[0].outpoint)) break
    hash = header.previousBlockHash
  }
  return found
}

async function spendsIn(
  bitcoind: Bitcoind,
  { hash, height }: BlockHeader,
  sought: readonly Sought[],
  signal: AbortSignal,
): Promise<ConfirmedSpend[]> {
  const { buffer, byteOffset, length } = await blockBytes(bitcoind, hash, signal)
  const block = Buffer.from(buffer, byteOffset, length)
  // A transaction names the coin that it spends by these bytes. They may stand elsewhere too, put there by anybody.
  const named = sought.filter(({ outpoint }) => block.includes(outpointBytes(outpoint)))
  if (named.length === 0) return []
  const inputs = await inputsOf(bitcoind, hash, signal)
  return named.flatMap(({ outpoint }) => {
    const txid = inputs.get(outpoint)
    return txid === undefined ? [] : [{ outpoint, txid, block: hash, height }]
  })
}

async function blockBytes(bitcoind: Bitcoind, hash: BlockHash, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const block = (await bitcoind.getBlockOverRest(hash, { signal })) ?? (await bitcoind.getBlockOverRpc(hash, { signal }))
    if (block !== null) return block
  } catch (error) {
    if (!(error instanceof BitcoindError) || error.code !== 'rpc-error') throw error
  }
  throw new ClientError(
    'blocks-pruned',
    `this bitcoind does not have block ${hash} any more, and what spent the coin may be in it`,
    'Ask a bitcoind that is not pruned, or one with blockfilterindex=1.',
  )
}

/** The outpoint as a transaction has it: the txid in the hash's own order, the index in four bytes, the lowest first. */
function outpointBytes(outpoint: Outpoint): Buffer {
  const { txid, vout } = splitOutpoint(outpoint)
  const bytes = Buffer.alloc(36)
  bytes.set(fromHex(txid).toReversed())
  bytes.writeUInt32LE(vout, 32)
  return bytes
}

/** What each coin that a block spends was spent by. */
async function inputsOf(bitcoind: Bitcoind, hash: BlockHash, signal: AbortSignal): Promise<Map<Outpoint, Txid>> {
  const block = await bitcoind.rpc.call('getblock', [hash, 2], { signal, timeout_ms: SPELT_OUT_TIMEOUT_MS })
  return new Map(
    listOf(fieldOf(block, 'tx')).flatMap((transaction) => {
      const id = fieldOf(transaction, 'txid')
      return listOf(fieldOf(transaction, 'vin')).flatMap((input): [Outpoint, Txid][] => {
        const [txid, vout] = [fieldOf(input, 'txid'), fieldOf(input, 'vout')]
        if (!isTxid(id) || !isTxid(txid) || typeof vout !== 'number') return []
        return [[outpointOf(txid, vout), id]]
      })
    }),
  )
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isTxid(value: unknown): value is Txid {
  return typeof value === 'string' && isHex32(value)
}
