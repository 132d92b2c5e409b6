/** What the scanner must find of a block when all of it is watched, as bitcoinjs-lib reads that block. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describeSpend, type Hits } from '../../../../src/chain/serial/index.ts'
import {
  LOCATOR_BYTES, MAX_SCRIPT_BYTES, OUTPOINT_BYTES, type WatchSet,
} from '../../../../src/chain/watch-set/index.ts'
import type { Transaction } from 'bitcoinjs-lib'

/** A hit, with what is in the table instead of its number. */
export interface Expected {
  readonly kind: string
  readonly what: string
  readonly index: number
  readonly position: number
  readonly value: bigint | null
}

/** Whether a thing is watched, by its hex. */
export type Choice = (hex: string) => boolean

export function watch(transactions: readonly Transaction[], chosen: Choice, watchSet: WatchSet): void {
  for (const { kind, what } of expectedHits(transactions, chosen)) {
    const bytes = Buffer.from(what, 'hex')
    if (kind === 'spend') watchSet.outpoints.add(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0)
    else if (kind === 'payment') watchSet.scripts.add(bytes)
    else (kind === 'txid-locator' ? watchSet.txidLocators : watchSet.hashedLocators).add(bytes)
  }
}

export function expectedHits(transactions: readonly Transaction[], chosen: Choice): Expected[] {
  return transactions
    .flatMap((transaction, position) => hitsOf(transaction, position))
    .filter(({ what }) => chosen(what))
}

function hitsOf(transaction: Transaction, position: number): Expected[] {
  const txid = transaction.getHash()
  const hashed = sha256(txid)
  return [
    { kind: 'txid-locator', what: hex(txid.subarray(0, LOCATOR_BYTES)), index: 0, position, value: null },
    { kind: 'hashed-locator', what: hex(hashed.subarray(0, LOCATOR_BYTES)), index: 0, position, value: null },
    ...transaction.ins.map(({ hash, index: vout }, index) => ({
      kind: 'spend', what: key(hash, vout), index, position, value: null,
    })),
    ...transaction.outs
      .map(({ script, value }, index) => ({
        kind: 'payment', what: hex(script), index, position, value: BigInt.asUintN(64, value),
      }))
      .filter(({ what }) => what.length <= 2 * MAX_SCRIPT_BYTES),
  ]
}

/** All that the hits say, and what they say of the transactions they are in. */
export function assertHits(
  bytes: Uint8Array, hits: Hits, watchSet: WatchSet, transactions: readonly Transaction[], chosen: Choice,
): void {
  const found = Array.from({ length: hits.count }, (_, i): Expected => ({
    kind: hits.kind(i),
    what: whatOf(hits, i, watchSet),
    index: hits.index(i),
    position: hits.position(i),
    value: hits.kind(i) === 'payment' ? hits.value(i) : null,
  }))
  assert.deepEqual(found, expectedHits(transactions, chosen))
  let described = -1
  for (let i = 0; i < hits.count; i++) {
    const position = hits.position(i)
    if (position === described) continue
    described = position
    const transaction = transactions[position] ?? assert.fail()
    const layout = hits.transaction(i)
    assert.equal(hex(bytes.subarray(layout.start, layout.end)), hex(transaction.toBuffer()))
    assert.equal(layout.hasWitness, transaction.hasWitnesses())
    const { txid, wtxid, vsize, outputs_hash } = describeSpend(bytes, layout, null)
    assert.equal(txid, transaction.getId())
    // bitcoinjs-lib gives the coinbase the zeros that it has in the witness commitment (BIP 141).
    assert.equal(wtxid, hex(sha256(sha256(transaction.toBuffer())).toReversed()))
    assert.equal(vsize, transaction.virtualSize())
    assert.equal(outputs_hash, hashOutputs(transaction))
  }
}

/** Of BIP-143, in RPC order: the outputs are the end of a transaction without witness but for four bytes of lock time. */
function hashOutputs(transaction: Transaction): string {
  const alone = transaction.clone()
  alone.stripWitnesses()
  const prefixBytes = (length: number): number => (length < 0xfd ? 1 : length <= 0xffff ? 3 : 5)
  const size = alone.outs.reduce((sum, { script }) => sum + 8 + prefixBytes(script.length) + script.length, 0)
  return hex(sha256(sha256(alone.toBuffer().subarray(-4 - size, -4))).toReversed())
}

function whatOf(hits: Hits, i: number, watchSet: WatchSet): string {
  const entry = hits.entry(i)
  switch (hits.kind(i)) {
    case 'spend': {
      const key = new Uint8Array(OUTPOINT_BYTES)
      watchSet.outpoints.copyKey(entry, key, 0)
      return hex(key)
    }
    case 'payment':
      return hex(watchSet.scripts.scriptOf(entry))
    case 'txid-locator':
    case 'hashed-locator': {
      const key = new Uint8Array(LOCATOR_BYTES)
      const table = hits.kind(i) === 'txid-locator' ? watchSet.txidLocators : watchSet.hashedLocators
      table.copyKey(entry, key, 0)
      return hex(key)
    }
  }
}

function key(txid: Uint8Array, vout: number): string {
  const bytes = Buffer.alloc(OUTPOINT_BYTES)
  bytes.set(txid)
  bytes.writeUInt32LE(vout, 32)
  return bytes.toString('hex')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}
