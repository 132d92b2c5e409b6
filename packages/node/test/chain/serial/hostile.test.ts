import assert from 'node:assert/strict'
import { concat, fromHex } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { ChainError } from '../../../src/chain/errors.ts'
import { createTxidHasher } from '../../../src/chain/hashing/index.ts'
import { sampleBlock } from '../../../src/chain/sample/index.ts'
import { BlockScanner, layoutOf, MAX_SERIALISED_BYTES } from '../../../src/chain/serial/index.ts'
import { WatchSet } from '../../../src/chain/watch-set/index.ts'
import { assertHits, expectedHits, watch } from './support/all-hits.ts'
import { Block, type Transaction } from 'bitcoinjs-lib'
import { changes } from './support/changes.ts'
import { generatedBlock } from './support/generated.ts'
import { countReads } from './support/watched-reads.ts'

const HEADER_BYTES = 80
/** Outpoints are read as nine words, scripts as words, each count and length twice at most. */
const MAX_READS_PER_BYTE = 4
const SAMPLE = sampleBlock({ seed: 11, weight: 60_000 })

describe('scanning hostile bytes', () => {
  const hasher = createTxidHasher()
  const transactions = transactionsOf(SAMPLE)
  const watchSet = new WatchSet()
  watch(transactions, () => true, watchSet)
  const watched = new Set(expectedHits(transactions, () => true).map(({ what }) => what))
  const scanner = new BlockScanner(watchSet, hasher)
  const inert = new BlockScanner(new WatchSet(), hasher)

  it('refuses every beginning of a block as truncated, and every one with more behind', () => {
    const small = sampleBlock({ seed: 3, weight: 9_000 })
    for (let length = 0; length < small.length; length++) {
      const beginning = small.subarray(0, length)
      countReads(beginning, () => assert.equal(codeOf(() => scanner.scanBlock(beginning)), 'truncated', `${length} bytes`))
    }
    assert.equal(codeOf(() => scanner.scanBlock(small)), 'none')
    assert.equal(codeOf(() => scanner.scanBlock(concat(small, Uint8Array.of(0)))), 'trailing-bytes')
  })

  it('reports nothing of a block that is wrong at its very end only', () => {
    const hits = scanner.scanBlock(SAMPLE)
    assert.ok(hits.count > 0)
    assert.equal(codeOf(() => scanner.scanBlock(SAMPLE.subarray(0, -1))), 'truncated')
    assert.equal(hits.count, 0)
    scanner.scanBlock(SAMPLE)
    assert.equal(codeOf(() => scanner.scanBlock(concat(SAMPLE, Uint8Array.of(7)))), 'trailing-bytes')
    assert.equal(hits.count, 0)
    for (const bytes of [new Uint8Array(0), new Uint8Array(MAX_SERIALISED_BYTES + 1)]) {
      scanner.scanBlock(SAMPLE)
      assert.notEqual(codeOf(() => scanner.scanBlock(bytes)), 'none')
      assert.equal(hits.count, 0)
    }
    assert.throws(() => hits.kind(0), RangeError)
    assert.throws(() => hits.transaction(0), RangeError)
  })

  const input = `${'00'.repeat(36)}00ffffffff`
  const output = '000000000000000000'
  for (const [what, hex, code] of [
    ['no bytes', '', 'truncated'],
    ['no inputs', '02000000000000000000', 'malformed'],
    ['no inputs behind the marker', `02000000000100${'00'.repeat(60)}`, 'malformed'],
    ['an unknown marker', '020000000002', 'malformed'],
    ['more inputs than there are bytes', '02000000fe00000002', 'truncated'],
    ['more inputs than anything may have', `02000000fe01000002${'00'.repeat(60)}`, 'malformed'],
    ['a count of eight bytes that is too large', '02000000ffffffffffffffffff', 'malformed'],
    ['a count of eight bytes that fits into one', '02000000ff0100000000000000', 'malformed'],
    ['a count of eight bytes of which one is missing', '02000000ff01000000000000', 'truncated'],
    ['a count of two bytes that fits into one', `02000000fdfc00${'00'.repeat(60)}`, 'malformed'],
    ['a count of four bytes that fits into two', `02000000feffff0000${'00'.repeat(60)}`, 'malformed'],
    ['a script longer than the rest', `0200000001${'00'.repeat(36)}fe00000001ffffffff00`, 'truncated'],
    ['a script whose length could be shorter', `0200000001${'00'.repeat(36)}fd0100aaffffffff0000000000`, 'malformed'],
    ['more outputs than bytes', `0200000001${input}fd0001${output}00000000`, 'truncated'],
    ['an output script longer than the rest', `0200000001${input}01${'00'.repeat(8)}2000000000`, 'truncated'],
    ['more witness items than bytes', `02000000000101${input}01${output}fd00ff${'00'.repeat(9)}`, 'truncated'],
    ['a witness item longer than the rest', `02000000000101${input}01${output}01fe000000010000000000`, 'truncated'],
    ['the marker of a witness, and none', `02000000000101${input}01${output}0000000000`, 'malformed'],
    ['a lock time of three bytes', `0200000001${input}01${output}000000`, 'truncated'],
    ['a byte too many', `0200000001${input}01${output}0000000000`, 'trailing-bytes'],
  ] as const) {
    it(`refuses a transaction with ${what}: ${code}`, () => {
      const bytes = fromHex(hex)
      for (const one of [scanner, inert]) assert.equal(codeOf(() => one.scanTransaction(bytes)), code)
      assert.equal(codeOf(() => layoutOf(bytes)), code)
    })
  }

  it('refuses a block without transactions, or with more than there are bytes for', () => {
    const header = SAMPLE.subarray(0, HEADER_BYTES)
    assert.equal(codeOf(() => scanner.scanBlock(concat(header, Uint8Array.of(0)))), 'malformed')
    const many = concat(header, Uint8Array.of(0xfe, 0, 0, 0, 2), new Uint8Array(100))
    assert.equal(codeOf(() => scanner.scanBlock(many)), 'truncated')
  })

  it('takes no memory for more inputs or outputs than there are bytes for', () => {
    const most = 'feffffff01'
    for (const hex of [`02000000${most}${input}`, `0200000001${input}${most}${output}`]) {
      const bytes = fromHex(`${hex}${'00'.repeat(1_000)}`)
      const unused = new BlockScanner(watchSet, hasher)
      const before = process.memoryUsage().arrayBuffers
      assert.equal(codeOf(() => unused.scanTransaction(bytes)), 'truncated')
      assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
    }
  })

  it('refuses more bytes than consensus lets a block have, before it reads any', () => {
    const bytes = new Uint8Array(MAX_SERIALISED_BYTES + 1)
    for (const scan of [() => scanner.scanBlock(bytes), () => scanner.scanTransaction(bytes), () => layoutOf(bytes)]) {
      assert.equal(countReads(bytes, () => assert.equal(codeOf(scan), 'malformed')), 0)
    }
  })

  it('refuses bytes whose buffer was given away', () => {
    const bytes = SAMPLE.slice()
    structuredClone(bytes, { transfer: [bytes.buffer] })
    assert.equal(codeOf(() => scanner.scanBlock(bytes)), 'truncated')
  })

  it('throws only its error, reads nothing outside and no byte often, whatever is changed in a block', function () {
    this.timeout(120_000)
    fc.assert(fc.property(fc.oneof(fc.constant(SAMPLE), generatedBlock), changes, (block, changed) => {
      checkMutation(changed(block))
    }), { numRuns: 4_000 })
  })

  it('does so for any bytes behind a header', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (any) => {
      checkMutation(concat(SAMPLE.subarray(0, HEADER_BYTES), any))
    }), { numRuns: 2_000 })
  })

  it('spends no more on the worst of blocks than on any other of their length', () => {
    // Empty scripts and empty witness items have the most parts for their bytes.
    const empty = fromHex(`0200000001${input}fd0004${output.repeat(1_024)}00000000`)
    const items = fromHex(`02000000000101${input}01${output}fd0040${'00'.repeat(0x4000)}00000000`)
    for (const bytes of [empty, items]) {
      const block = concat(SAMPLE.subarray(0, HEADER_BYTES), Uint8Array.of(2), bytes, bytes)
      assert.ok(countReads(block, () => scanner.scanBlock(block)) <= MAX_READS_PER_BYTE * block.length)
    }
  })

  /** In the middle of other bytes. What is taken, bitcoinjs-lib takes too, and reads the same in it. */
  function checkMutation(mutated: Uint8Array): void {
    const bytes = Buffer.alloc(mutated.length + 64, 0x01).subarray(32, 32 + mutated.length)
    bytes.set(mutated)
    for (const one of [scanner, inert]) {
      const reads = countReads(bytes, () => codeOf(() => one.scanBlock(bytes)))
      assert.ok(reads <= MAX_READS_PER_BYTE * bytes.length, `${reads} reads of ${bytes.length} bytes`)
    }
    if (codeOf(() => scanner.scanBlock(bytes)) !== 'none') return
    assertHits(bytes, scanner.scanBlock(bytes), watchSet, transactionsOf(mutated), (hex) => watched.has(hex))
  }
})

function transactionsOf(block: Uint8Array): Transaction[] {
  return Block.fromBuffer(block).transactions ?? []
}

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof ChainError, `only the typed error: ${String(error)}`)
    assert.match(error.code, /^(truncated|malformed|trailing-bytes)$/)
    return error.code
  }
  return 'none'
}
