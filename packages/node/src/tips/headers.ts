/** Headers of my bitcoind's chain for others, and what it makes of theirs. */
import { createHash } from 'node:crypto'
import { type Bitcoind, type BlockHeader, BitcoindError, type RpcOutcome } from '@belfry/bitcoind'
import { BLOCK_HEADER_BYTES, type BlockRef, type Outcome, previousOf } from '@belfry/protocol'
import { type BlockHash, type Height, fromHex, toHex } from '@belfry/protocol/primitives'
import { hashesAt } from '../chain/index.ts'

type Judged = Omit<Extract<Outcome, { of: 'submit-headers' }>, 'of' | 'member'>
type Node = Pick<Bitcoind, 'rpc' | 'getBlockHeader' | 'getBlockchainInfo'>

const BITS_AT = 72
const PATIENCE = { timeout_ms: 20_000 }

/** After the first block of the locator that is in its chain, the oldest first; none where none is, or where it does not answer. */
export async function readHeaders(bitcoind: Node, locator: readonly BlockHash[], max: number): Promise<Uint8Array[]> {
  try {
    const known = await firstOf(bitcoind, locator)
    if (known === null) return []
    const heights = Array.from({ length: max }, (_, at) => (known.height + 1 + at) as Height)
    const hashes = (await hashesAt(bitcoind, heights, PATIENCE)).filter((hash) => hash !== null)
    const answers = await bitcoind.rpc.batch(hashes.map((hash) => ({ method: 'getblockheader', params: [hash, false] })), PATIENCE)
    return linkedTo(known.hash, answers.flatMap(headerIn))
  } catch (error) {
    if (error instanceof BitcoindError) return []
    throw error
  }
}

async function firstOf(bitcoind: Node, locator: readonly BlockHash[]): Promise<BlockHeader | null> {
  for (const hash of locator) {
    const header = await bitcoind.getBlockHeader(hash, PATIENCE)
    if (header !== null && isOfItsChain(header)) return header
  }
  return null
}

function isOfItsChain({ confirmations }: BlockHeader): boolean {
  return confirmations > 0
}

function headerIn(outcome: RpcOutcome): Uint8Array[] {
  return outcome.ok && typeof outcome.result === 'string' && outcome.result.length === 2 * BLOCK_HEADER_BYTES ? [fromHex(outcome.result)] : []
}

/** Up to where each builds on the one before: the chain may have changed while it was read. */
function linkedTo(base: BlockHash, headers: readonly Uint8Array[]): Uint8Array[] {
  let before = base
  const end = headers.findIndex((header) => {
    const isLinked = previousOf(header) === before
    before = hashOf(header)
    return !isLinked
  })
  return headers.slice(0, end === -1 ? headers.length : end)
}

function hashOf(header: Uint8Array): BlockHash {
  const once = createHash('sha256').update(header).digest()
  return toHex(createHash('sha256').update(once).digest().toReversed()) as BlockHash
}

/** Its hash is as low as it says itself; whether it may say that, bitcoind knows. */
function hasWork(header: Uint8Array): boolean {
  const bits = new DataView(header.buffer, header.byteOffset).getUint32(BITS_AT, true)
  const [size, digits] = [bits >>> 24, bits & 0x7f_ffff]
  const target = size <= 3 ? BigInt(digits) >> BigInt(8 * (3 - size)) : BigInt(digits) << BigInt(8 * (size - 3))
  return BigInt(`0x${hashOf(header)}`) <= target
}

const NOTHING = { tip: null, base: null }
/** bitcoind's words (`submitheader`, src/rpc/mining.cpp; src/validation.cpp). */
const UNCONNECTED = ['Must submit previous header', 'prev-blk-not-found']
/** That its own clock does not allow it yet says nothing of the header. */
const NOT_YET = 'time-too-new'

/** What is linked and worked for is handed to bitcoind, which says whether it is valid; then their chain's work is compared with its own. */
export async function submitHeaders(bitcoind: Node, headers: readonly Uint8Array[]): Promise<Judged> {
  const [first] = headers
  const last = headers.at(-1)
  if (first === undefined || last === undefined) return { result: 'unconnected', ...NOTHING }
  const previous = previousOf(first)
  if (linkedTo(previous, headers).length < headers.length) return { result: 'unconnected', ...NOTHING }
  if (!headers.every(hasWork)) return { result: 'refused', ...NOTHING }
  try {
    const answers = await bitcoind.rpc.batch(headers.map((header) => ({ method: 'submitheader', params: [toHex(header)] })), PATIENCE)
    const refused = answers.find(({ ok }) => !ok)
    if (refused?.ok === false) return { result: refusalOf(refused.error), ...NOTHING }
    const [theirs, mine, base] = await Promise.all([
      bitcoind.getBlockHeader(hashOf(last), PATIENCE),
      bitcoind.getBlockchainInfo(PATIENCE),
      lastOfItsChain(bitcoind, [previous, ...headers.map(hashOf)]),
    ])
    if (theirs === null || base === null) return { result: 'unconnected', ...NOTHING }
    const { hash, height } = theirs
    // Both 32 bytes in lower-case hex, the most significant digit first.
    return { result: theirs.chainwork > mine.chainwork ? 'more-work' : 'no-more-work', tip: { hash, height }, base }
  } catch (error) {
    if (error instanceof BitcoindError) return { result: 'unreachable', ...NOTHING }
    throw error
  }
}

function refusalOf({ rpc, code }: BitcoindError): Judged['result'] {
  if (code !== 'rpc-error' || rpc === undefined || rpc.message.includes(NOT_YET)) return 'unreachable'
  return UNCONNECTED.some((words) => rpc.message.includes(words)) ? 'unconnected' : 'refused'
}

/** Of blocks that build on each other those in its chain come first: so a few questions find the last of them. Else the first block. */
async function lastOfItsChain(bitcoind: Node, hashes: readonly BlockHash[]): Promise<BlockRef | null> {
  const at = async (index: number): Promise<BlockHeader | null> => {
    const hash = hashes[index]
    return hash === undefined ? null : await bitcoind.getBlockHeader(hash, PATIENCE)
  }
  const first = await at(0)
  let [low, found] = [0, first]
  let high = hashes.length
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    const header = await at(middle)
    if (header !== null && isOfItsChain(header)) [low, found] = [middle, header]
    else high = middle
  }
  return found && { hash: found.hash, height: found.height }
}
