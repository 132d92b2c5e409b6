/** What was told of wallets: payments to what is watched, and the spending of watched coins. */
import { splitOutpoint, toHex, type Txid } from '@belfry/protocol/primitives'
import type { Coin, Movement, ToldMovement } from '../movements/index.ts'
import type { WatchEntry } from '../wallets/index.ts'
import { satsNumber, utc } from './units.ts'

export interface MovementView {
  /** Counts from 1, without a gap. */
  readonly seq: number
  readonly told_at: string
  readonly event: Movement['event']
  /** The coin that is paid, or spent. */
  readonly outpoint: string
  /** What it pays to and holds, script in hex; null of a coin whose payment was not told. */
  readonly script: string | null
  readonly value_sats: number | null
  /** The watches whose coin it is. */
  readonly watches: readonly PlaceView[]
  /** Of the transaction that pays, spends, or takes the place of one that did. */
  readonly txid: string
  /** Of the one whose place it takes. */
  readonly replaced_txid: string | null
  /** The transaction in hex, as it is on the wire; null where the event is that it went. */
  readonly raw: string | null
  /** Where it is, or was. */
  readonly block: { readonly height: number; readonly hash: string } | null
  /** Its number in the block. */
  readonly position: number | null
}

export interface PlaceView {
  readonly watch_id: string
  /** null: it is watched no longer. */
  readonly label: string | null
  /** Of the script in the watch; null of a coin that is watched by its outpoint. */
  readonly branch: number | null
  readonly index: number | null
}

/** @param entries what is watched now */
export function movementsView(told: readonly ToldMovement[], entries: Iterable<WatchEntry>): MovementView[] {
  const watched = [...entries]
  const labels = new Map(watched.map(({ watch }) => [watch.id as string, watch.label]))
  const byOutpoint = new Map(watched.map(({ watch, scripts }) => [scripts.outpoint as string | null, watch.id]))
  return told.map(({ seq, at_ms, movement }) => {
    const { outpoint, coin } = subjectOf(movement)
    const listed = byOutpoint.get(outpoint)
    const places = [
      ...(coin?.watches ?? []).map(({ watch, branch, index }) => ({ watch_id: watch, branch, index })),
      ...listed === undefined ? [] : [{ watch_id: listed, branch: null, index: null }],
    ]
    return {
      seq,
      told_at: utc(at_ms),
      event: movement.event,
      outpoint,
      script: coin && toHex(coin.script),
      value_sats: coin && satsNumber(coin.value),
      watches: places.map(({ watch_id, branch, index }) => ({ watch_id, label: labels.get(watch_id) ?? null, branch, index })),
      ...transactionOf(movement),
      raw: 'raw' in movement ? toHex(movement.raw) : null,
      block: 'block' in movement ? { height: movement.block.height, hash: movement.block.hash } : null,
      position: 'position' in movement ? movement.position : null,
    }
  })
}

function subjectOf(movement: Movement): { readonly outpoint: string; readonly coin: Coin | null } {
  if ('payment' in movement) return { outpoint: movement.payment.outpoint, coin: movement.payment }
  return { outpoint: movement.outpoint, coin: movement.coin }
}

function transactionOf(movement: Movement): { readonly txid: Txid; readonly replaced_txid: Txid | null } {
  switch (movement.event) {
    case 'spend-replaced':
      return { txid: movement.txid, replaced_txid: movement.old_txid }
    case 'payment-replaced':
      return { txid: movement.txid, replaced_txid: splitOutpoint(movement.payment.outpoint).txid }
    case 'payment-evicted':
    case 'payment-unconfirmed':
      return { txid: splitOutpoint(movement.payment.outpoint).txid, replaced_txid: null }
    default:
      return { txid: movement.txid, replaced_txid: null }
  }
}
