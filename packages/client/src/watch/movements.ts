/** What a running node has told of what it watches for a person, read from its HTTP API and checked: `/api/v1/movements`. */
import { type Infer, s } from '@belfry/protocol/primitives'
import { hexText, time } from './fields.ts'
import type { NodeReader } from './node-reader.ts'

/** Of one answer. */
const MAX_MOVEMENTS = 1_000
/** Watches that have one script in common, and one that names the coin. */
const MAX_PLACES = 17
const MAX_LABEL_CHARS = 64
const MAX_SCRIPT_BYTES = 10_000
/** A block has at most 4,000,000 units of weight; what is relayed, a tenth of it. */
const MAX_TX_BYTES = 400_000
const MAX_SATS = 2_100_000_000_000_000

export const MOVEMENT_EVENTS = [
  'payment-seen', 'payment-replaced', 'payment-evicted', 'payment-confirmed', 'payment-unconfirmed',
  'spend-seen', 'spend-replaced', 'spend-evicted', 'spend-confirmed', 'spend-unconfirmed',
] as const

const movementSchema = s.struct({
  seq: s.uint(Number.MAX_SAFE_INTEGER, 1),
  told_at: time,
  event: s.oneOf(...MOVEMENT_EVENTS),
  outpoint: s.outpoint,
  script: s.nullable(hexText(MAX_SCRIPT_BYTES)),
  value_sats: s.nullable(s.uint(MAX_SATS)),
  watches: s.list(s.struct({
    watch_id: s.hex(8),
    label: s.nullable(s.text(MAX_LABEL_CHARS)),
    branch: s.nullable(s.uint(1_000)),
    index: s.nullable(s.uint(0x7fff_ffff)),
  }), MAX_PLACES),
  txid: s.txid,
  replaced_txid: s.nullable(s.txid),
  raw: s.nullable(hexText(MAX_TX_BYTES)),
  block: s.nullable(s.struct({ height: s.height, hash: s.blockHash })),
  position: s.nullable(s.uint(1_000_000)),
})
const answerSchema = s.struct({ movements: s.list(movementSchema, MAX_MOVEMENTS) })

export type MovementInfo = Infer<typeof movementSchema>

export interface MovementPage {
  /** What came later than this one is asked for; 0: all. */
  readonly after: number
  /** 1 to 1,000; where transactions are long, the answer may have fewer. */
  readonly limit: number
}

/**
 * The oldest first. Numbers join on; where the first is not the one after `after`, the node does not keep those between
 * any more. Nothing came later where the answer is empty.
 * @throws SchemaError where the answer is none; whatever `get` throws
 */
export async function readMovements(api: NodeReader, { after, limit }: MovementPage): Promise<MovementInfo[]> {
  return answerSchema.fromJson(await api.get(`movements?after=${after}&limit=${limit}`)).movements
}
