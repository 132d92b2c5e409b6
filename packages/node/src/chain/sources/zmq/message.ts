import type { Txid } from '@belfry/protocol/primitives'

export const TOPICS = ['rawblock', 'rawtx', 'sequence'] as const
export type ZmqTopic = (typeof TOPICS)[number]

/** What bitcoind publishes under `sequence`. */
export type SequenceNotice =
  /** Blocks enter and leave the chain. */
  | { readonly kind: 'connected' | 'disconnected' }
  /** Transactions enter the mempool, and leave it other than into a block. */
  | {
    readonly kind: 'accepted' | 'removed'
    readonly txid: Txid
    /** The mempool's own number of this change, by which it falls before or after a `getrawmempool`. */
    readonly mempoolSequence: number
  }

/** Topic, body, and a number that rises by one per topic (bitcoind's doc/zmq.md). */
export interface ZmqMessage {
  readonly topic: ZmqTopic
  readonly body: Buffer
  readonly number: number
}

const HASH_BYTES = 32
const NUMBER_BYTES = 4
const MEMPOOL_SEQUENCE_BYTES = 8
const [CONNECTED, DISCONNECTED, ACCEPTED, REMOVED] = [0x43, 0x44, 0x41, 0x52]

/** Null where bitcoind sends no such thing. */
export function parseMessage(frames: readonly Buffer[]): ZmqMessage | null {
  const [name, body, number] = frames
  if (frames.length !== 3 || name === undefined || body === undefined || number?.length !== NUMBER_BYTES) return null
  const topic = topicOf(name)
  return topic === null ? null : { topic, body, number: number.readUInt32LE(0) }
}

function topicOf(name: Buffer): ZmqTopic | null {
  // Longer than a topic: no text is made of what may be megabytes.
  if (name.length > 8) return null
  const text = name.toString('latin1')
  return TOPICS.find((topic) => topic === text) ?? null
}

/** A hash in RPC order, a letter, and for transactions the mempool's own number of 8 bytes. Null for anything else. */
export function parseSequence(body: Buffer): SequenceNotice | null {
  const letter = body[HASH_BYTES]
  if (body.length === HASH_BYTES + 1) {
    if (letter === CONNECTED) return { kind: 'connected' }
    return letter === DISCONNECTED ? { kind: 'disconnected' } : null
  }
  if (body.length !== HASH_BYTES + 1 + MEMPOOL_SEQUENCE_BYTES) return null
  if (letter !== ACCEPTED && letter !== REMOVED) return null
  const low = body.readUInt32LE(HASH_BYTES + 1)
  const mempoolSequence = body.readUInt32LE(HASH_BYTES + 1 + 4) * 2 ** 32 + low
  if (!Number.isSafeInteger(mempoolSequence)) return null
  return { kind: letter === ACCEPTED ? 'accepted' : 'removed', txid: body.toString('hex', 0, HASH_BYTES) as Txid, mempoolSequence }
}
