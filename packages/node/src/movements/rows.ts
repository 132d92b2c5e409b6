/**
 * Movements as rows of the store:
 *
 *   05 00 ‖ outpoint (36)  → version (1) ‖ what is known of a coin, canonical CBOR
 *   05 01 ‖ seq (8)        → version (1) ‖ what was told, canonical CBOR
 *
 * A coin's row is written whole at each change. Of what was told the last are kept.
 */
import { blockRef } from '@belfry/protocol'
import { type Infer, type Outpoint, type Schema, SchemaError, concat, fromCbor, s, toCbor } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import { keyOfOutpoint, MAX_SCRIPT_BYTES, outpointOfKey } from '../chain/index.ts'
import { KEY_SPACES, type RowStore, StoreError } from '../store/index.ts'
import { factOf, factUndoneBy } from './facts.ts'
import { type ToldMovement, toldMovement } from './movement.ts'

const VERSION = 1
const COINS = Uint8Array.of(KEY_SPACES.payments, 0)
const TOLD = Uint8Array.of(KEY_SPACES.payments, 1)
/** What the monitor has not taken by then it finds in the chain. */
export const MAX_TOLD = 10_000
const MAX_PAYMENTS_OF_A_TRANSACTION = 100_000

const paid = s.struct({ script: s.blob(MAX_SCRIPT_BYTES), value: s.sats })

export const coinRow = s.struct({
  mempool_txid: s.nullable(s.txid),
  confirmed: s.nullable(s.struct({ txid: s.txid, block: blockRef })),
  /** It is on a person's list. */
  listed: s.bool,
  /** It was paid to a watched script. */
  received: s.nullable(paid),
  /** Payments are followed by it: the last transaction that was told to spend it, and what that pays to watched scripts. */
  followed: s.nullable(s.struct({
    txid: s.txid,
    payments: s.list(s.struct({ vout: s.uint(0xffff_ffff), script: s.blob(MAX_SCRIPT_BYTES), value: s.sats }), MAX_PAYMENTS_OF_A_TRANSACTION),
  })),
})
export type CoinRow = Infer<typeof coinRow>

export function riderOfCoin(outpoint: Outpoint, row: CoinRow | null): Rider {
  return { key: concat(COINS, keyOfOutpoint(outpoint)), value: row === null ? null : encoded(coinRow, row) }
}

/** With the removal of the one that gives way to it. */
export function ridersOfTold(told: ToldMovement): Rider[] {
  const riders: Rider[] = [{ key: keyOfTold(told.seq), value: encoded(toldMovement, told) }]
  if (told.seq > MAX_TOLD) riders.push({ key: keyOfTold(told.seq - MAX_TOLD), value: null })
  return riders
}

/** @throws StoreError `store-damaged` */
export async function* readCoins(store: Pick<RowStore, 'rows'>): AsyncGenerator<{ outpoint: Outpoint; row: CoinRow }> {
  for await (const { key, value } of store.rows(COINS)) {
    yield { outpoint: outpointOfKey(key, COINS.length), row: decoded(coinRow, value) }
  }
}

/** The number of the last that was told; 0 before the first. @throws StoreError */
export async function lastTold(store: Pick<RowStore, 'rows'>): Promise<number> {
  for await (const { value } of store.rows(TOLD, { reverse: true })) return decoded(toldMovement, value).seq
  return 0
}

/** What was told after this number, oldest first. @throws StoreError */
export async function readTold(store: Pick<RowStore, 'rows'>, after: number, limit: number): Promise<ToldMovement[]> {
  const told: ToldMovement[] = []
  for await (const { value } of store.rows(TOLD)) {
    const one = decoded(toldMovement, value)
    if (one.seq > after) told.push(one)
    if (told.length >= limit) break
  }
  return told
}

/** The facts among what is kept that still stand. @throws StoreError */
export async function readFacts(store: Pick<RowStore, 'rows'>): Promise<Set<string>> {
  const facts = new Set<string>()
  for await (const { value } of store.rows(TOLD)) {
    const { movement } = decoded(toldMovement, value)
    const undone = factUndoneBy(movement)
    if (undone !== null) facts.delete(undone)
    const fact = factOf(movement)
    if (fact !== null) facts.add(fact)
  }
  return facts
}

function keyOfTold(seq: number): Uint8Array {
  const key = new Uint8Array(TOLD.length + 8)
  key.set(TOLD)
  new DataView(key.buffer).setBigUint64(TOLD.length, BigInt(seq))
  return key
}

function encoded<T>(schema: Schema<T>, value: T): Uint8Array {
  return concat(Uint8Array.of(VERSION), toCbor(schema, value))
}

function decoded<T>(schema: Schema<T>, bytes: Uint8Array): T {
  try {
    if (bytes[0] === VERSION) return fromCbor(schema, bytes.subarray(1))
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
  }
  throw new StoreError('store-damaged', 'a row of movements cannot be read, or a later version wrote it')
}
