import type { BlockRef } from '@belfry/protocol'
import { type BlockHash, type Height, toHex } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import { ChainError } from '../errors.ts'
import { readBlock } from '../serial/index.ts'
import { workOf } from './work.ts'

/** The first byte of the keys of this log's rows. */
export const HEADER_ROWS = 6
const HEADER_BYTES = 80
const WORK_BYTES = 32
const KEY_BYTES = 5
const BITS_OFFSET = 72

/** A year of blocks, some 6 MB on disk and 20 in memory: a chain that changes deeper than that is looked into by hand. */
export const MAX_HEADERS = 52_560

export interface LoggedHeader extends BlockRef {
  readonly previous: BlockHash
  /** Of the chain up to and with this block, since the first block that was ever followed. */
  readonly work: bigint
}

/** A row as it lies in the store. */
export interface HeaderRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * The headers of the chain as it was told, one row for each height: what was followed can be proven to be without a gap, and
 * the way back to a common block is known however deep it is, also when bitcoind knows it no longer. It makes rows, which
 * are stored with the events of their blocks, and writes nothing itself.
 */
export class HeaderLog {
  private readonly limit: number
  /** The oldest first, without a gap. */
  private readonly headers: LoggedHeader[] = []
  private first = 0

  constructor(limit: number = MAX_HEADERS) {
    this.limit = limit
  }

  /**
   * Reads the rows, in the order of their keys, up to the position.
   * @returns heights whose rows do not join on, lowest and highest; null where all do
   * @throws ChainError malformed
   */
  load(rows: readonly HeaderRow[], position: BlockRef | null): { readonly from: Height; readonly to: Height } | null {
    if (position === null) return null
    const logged = rows.map(parseRow).filter(({ height }) => height <= position.height)
    const run: LoggedHeader[] = []
    let wanted: BlockRef = position
    for (const header of logged.toReversed()) {
      if (header.hash !== wanted.hash || header.height !== wanted.height) break
      run.push(header)
      wanted = { hash: header.previous, height: header.height - 1 as Height }
    }
    for (const header of run.toReversed()) this.headers.push(header)
    const [oldest] = logged
    const [kept] = this.all()
    if (oldest === undefined || oldest.height === kept?.height) return null
    return { from: oldest.height, to: (kept?.height ?? position.height + 1) - 1 as Height }
  }

  /** The oldest first, without a gap up to the last block told. */
  all(): readonly LoggedHeader[] {
    return this.headers.slice(this.first)
  }

  get tip(): LoggedHeader | null {
    return this.length === 0 ? null : this.headers.at(-1) ?? null
  }

  /** Null where it is not in the log. */
  at(height: number): LoggedHeader | null {
    const oldest = this.headers[this.first]
    if (oldest === undefined || height < oldest.height) return null
    return this.headers[this.first + height - oldest.height] ?? null
  }

  /** @param block at least its header */
  connected(ref: BlockRef, block: Uint8Array): readonly Rider[] {
    const header = block.slice(0, HEADER_BYTES)
    const { previous } = readBlock(header)
    const work = (this.tip?.work ?? 0n) + workOf(bitsOf(header))
    // It was begun elsewhere, for example when the log was lost: what is before would be a gap.
    const riders: Rider[] = this.tip !== null && this.tip.hash !== previous ? this.forgetAll() : []
    this.headers.push({ ...ref, previous, work })
    riders.push({ key: keyOf(ref.height), value: valueOf(header, work) })
    if (this.length > this.limit) riders.push(this.forgetOldest())
    return riders
  }

  disconnected({ height, hash }: BlockRef): readonly Rider[] {
    if (this.tip?.hash !== hash) return []
    this.headers.pop()
    return [{ key: keyOf(height), value: null }]
  }

  private get length(): number {
    return this.headers.length - this.first
  }

  private forgetAll(): Rider[] {
    const riders = this.all().map(({ height }) => ({ key: keyOf(height), value: null }))
    this.headers.length = 0
    this.first = 0
    return riders
  }

  private forgetOldest(): Rider {
    const height = this.headers[this.first]?.height ?? 0
    this.first += 1
    if (2 * this.first > this.headers.length) {
      this.headers.splice(0, this.first)
      this.first = 0
    }
    return { key: keyOf(height), value: null }
  }
}

/** Where the chain stood when the rows were written. @throws ChainError malformed */
export function lastBlock(rows: readonly HeaderRow[]): { readonly block: BlockRef; readonly previous: BlockHash } | null {
  const last = rows.at(-1)
  if (last === undefined) return null
  const { height, hash, previous } = parseRow(last)
  return { block: { height, hash }, previous }
}

function keyOf(height: number): Uint8Array {
  const key = new Uint8Array(KEY_BYTES)
  key[0] = HEADER_ROWS
  new DataView(key.buffer).setUint32(1, height)
  return key
}

function valueOf(header: Uint8Array, work: bigint): Uint8Array {
  const value = new Uint8Array(HEADER_BYTES + WORK_BYTES)
  value.set(header)
  for (let i = WORK_BYTES - 1, left = work; left > 0n && i >= 0; i--, left >>= 8n) value[HEADER_BYTES + i] = Number(left & 0xffn)
  return value
}

function parseRow({ key, value }: HeaderRow): LoggedHeader {
  if (key.length !== KEY_BYTES || value.length !== HEADER_BYTES + WORK_BYTES) {
    throw new ChainError('malformed', 'a row of the header log has another length')
  }
  const { hash, previous } = readBlock(value.subarray(0, HEADER_BYTES))
  const height = new DataView(key.buffer, key.byteOffset, KEY_BYTES).getUint32(1) as Height
  return { height, hash, previous, work: BigInt(`0x${toHex(value.subarray(HEADER_BYTES))}`) }
}

function bitsOf(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset).getUint32(BITS_OFFSET, true)
}
