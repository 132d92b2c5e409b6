/** What a running node watches for a person, read from its HTTP API and checked: `/api/v1/watches`. */
import { type Infer, s } from '@belfry/protocol/primitives'
import { time } from './fields.ts'
import type { NodeReader } from './node-reader.ts'

/** As many as one node watches, and as long as what it watches may be. */
const MAX_WATCHES = 1_000
const MAX_OUTPOINTS = 0xffff_ffff
const MAX_BRANCHES = 16
const MAX_INDEXES = 0x8000_0000
/** A raw script in hex is the longest; descriptors have 16,384 characters and their checksum. */
const MAX_WHAT_CHARS = 20_000
const MAX_ADDRESS_CHARS = 90
const MAX_LABEL_CHARS = 64

const watchSchema = s.struct({
  watch_id: s.hex(8),
  label: s.text(MAX_LABEL_CHARS),
  kind: s.oneOf('descriptor', 'address', 'script', 'outpoint'),
  /** The descriptor with its checksum, the address, the script in hex, or the outpoint. */
  what: s.text(MAX_WHAT_CHARS, 1),
  first_address: s.nullable(s.text(MAX_ADDRESS_CHARS)),
  added_at: time,
  birth_height: s.nullable(s.height),
  gap_limit: s.nullable(s.uint(1_000, 1)),
  branches: s.list(s.struct({ next_index: s.uint(MAX_INDEXES), watched: s.uint(MAX_INDEXES) }), MAX_BRANCHES),
  full: s.bool,
  scan: s.struct({
    state: s.oneOf('waiting', 'running', 'done'),
    /** −1: the scan begins with the genesis block, and has not begun. */
    height: s.nullable(s.uint(0xffff_ffff, -1)),
    of_height: s.nullable(s.height),
    percent: s.nullable(s.uint(100)),
    unseen_below: s.nullable(s.height),
  }),
})
const answerSchema = s.struct({
  watches: s.list(watchSchema, MAX_WATCHES),
  /** How many coins are on the node's list of outpoints. */
  listed_outpoints: s.uint(MAX_OUTPOINTS),
})

export type WatchInfo = Infer<typeof watchSchema>
export type WatchList = Infer<typeof answerSchema>

/** @throws SchemaError where the answer is none; whatever `get` throws */
export async function readWatches(api: NodeReader): Promise<WatchList> {
  return answerSchema.fromJson(await api.get('watches'))
}
