/**
 * Movements as rows of the store:
 *
 *   05 00 ‖ outpoint (36)  → version (1) ‖ what is known of a coin, canonical CBOR
 *   05 01 ‖ seq (8)        → version (1) ‖ what was told, without the transaction's bytes, canonical CBOR
 *   05 02 ‖ seq (8)        → version (1) ‖ the bytes that this movement shows, and some of those after it
 *
 * A coin's row is written whole at each change. Of what was told the last are kept. A transaction may pay a script thousands
 * of times for little money: with its bytes in each movement, one of them would take hundreds of megabytes.
 */
import { blockRef } from '@belfry/protocol'
import { type Infer, type Outpoint, type Schema, SchemaError, type Txid, concat, fromCbor, s, toCbor } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import { keyOfOutpoint, MAX_SCRIPT_BYTES, outpointOfKey } from '../chain/index.ts'
import { KEY_SPACES, type RowStore, StoreError } from '../store/index.ts'
import { factOf, factUndoneBy } from './facts.ts'
import { type Movement, type ToldMovement, toldMovement } from './movement.ts'

const VERSION = 1
const COINS = Uint8Array.of(KEY_SPACES.payments, 0)
const TOLD = Uint8Array.of(KEY_SPACES.payments, 1)
const EVIDENCE = Uint8Array.of(KEY_SPACES.payments, 2)
const NO_BYTES = new Uint8Array(0)
/** What the monitor has not taken by then it finds in the chain. */
export const MAX_TOLD = 10_000
/** So many movements show the same copy of a transaction, which is kept for that much longer. */
export const MAX_SHARED = 1_000
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

const storedMovement = s.struct({
  told: toldMovement,
  /** Of the movement beside which the bytes are; null where there are none to be shown. */
  evidence: s.nullable(s.uint(Number.MAX_SAFE_INTEGER, 1)),
})
type StoredMovement = Infer<typeof storedMovement>

/** Numbers what is told. */
export class ToldLog {
  private last: number
  /** The copy that movements show now. */
  private shown: { readonly txid: Txid; readonly seq: number } | null = null

  /** @param last the number of the last that was told */
  constructor(last: number) {
    this.last = last
  }

  /** @returns the movement's rows, with the removal of those that give way to it */
  add(movement: Movement, at_ms: ToldMovement['at_ms']): { readonly seq: number; readonly riders: Rider[] } {
    const seq = this.last += 1
    const riders: Rider[] = []
    let stored: StoredMovement = { told: { seq, at_ms, movement }, evidence: null }
    if ('raw' in movement) {
      const { txid, raw } = movement
      if (this.shown?.txid !== txid || seq - this.shown.seq >= MAX_SHARED) {
        this.shown = { txid, seq }
        riders.push({ key: keyOf(EVIDENCE, seq), value: concat(Uint8Array.of(VERSION), raw) })
      }
      stored = { told: { seq, at_ms, movement: { ...movement, raw: NO_BYTES } }, evidence: this.shown.seq }
    }
    riders.push({ key: keyOf(TOLD, seq), value: encoded(storedMovement, stored) })
    if (seq > MAX_TOLD) riders.push({ key: keyOf(TOLD, seq - MAX_TOLD), value: null })
    if (seq > MAX_TOLD + MAX_SHARED) riders.push({ key: keyOf(EVIDENCE, seq - MAX_TOLD - MAX_SHARED), value: null })
    return { seq, riders }
  }
}

/** @throws StoreError `store-damaged` */
export async function* readCoins(store: Pick<RowStore, 'rows'>): AsyncGenerator<{ outpoint: Outpoint; row: CoinRow }> {
  for await (const { key, value } of store.rows(COINS)) {
    yield { outpoint: outpointOfKey(key, COINS.length), row: decoded(coinRow, value) }
  }
}

/** The number of the last that was told; 0 before the first. @throws StoreError */
export async function lastTold(store: Pick<RowStore, 'rows'>): Promise<number> {
  for await (const { value } of store.rows(TOLD, { reverse: true })) return decoded(storedMovement, value).told.seq
  return 0
}

/**
 * What was told after this number, oldest first.
 * @param max_bytes of rows, with the evidence of each; one is read whatever it takes
 * @throws StoreError
 */
export async function readTold(
  store: Pick<RowStore, 'rows'>, after: number, limit: number, max_bytes = Infinity,
): Promise<ToldMovement[]> {
  const told: ToldMovement[] = []
  let shown: Evidence | null = null
  let bytes = 0
  if (limit === 0) return told
  for await (const { value } of store.rows(TOLD, { from: keyOf(TOLD, after + 1) })) {
    const stored = decoded(storedMovement, value)
    if (stored.evidence !== null && stored.evidence !== shown?.seq) shown = await readEvidence(store, stored.evidence)
    bytes += value.length + (stored.evidence === null ? 0 : shown?.raw.length ?? 0)
    if (bytes > max_bytes && told.length > 0) break
    told.push(shown === null ? stored.told : withEvidence(stored.told, shown))
    if (told.length >= limit) break
  }
  return told
}

/** The facts among what is kept that still stand. @throws StoreError */
export async function readFacts(store: Pick<RowStore, 'rows'>): Promise<Set<string>> {
  const facts = new Set<string>()
  for await (const { value } of store.rows(TOLD)) {
    const { movement } = decoded(storedMovement, value).told
    const undone = factUndoneBy(movement)
    if (undone !== null) facts.delete(undone)
    const fact = factOf(movement)
    if (fact !== null) facts.add(fact)
  }
  return facts
}

interface Evidence {
  readonly seq: number
  readonly raw: Uint8Array
}

async function readEvidence(store: Pick<RowStore, 'rows'>, seq: number): Promise<Evidence> {
  for await (const { value } of store.rows(keyOf(EVIDENCE, seq))) {
    if (value[0] === VERSION) return { seq, raw: value.subarray(1) }
  }
  throw damaged()
}

function withEvidence(told: ToldMovement, { raw }: Evidence): ToldMovement {
  return 'raw' in told.movement ? { ...told, movement: { ...told.movement, raw } } : told
}

function keyOf(kind: Uint8Array, seq: number): Uint8Array {
  const key = new Uint8Array(kind.length + 8)
  key.set(kind)
  new DataView(key.buffer).setBigUint64(kind.length, BigInt(seq))
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
  throw damaged()
}

function damaged(): StoreError {
  return new StoreError('store-damaged', 'a row of movements cannot be read, or a later version wrote it')
}
