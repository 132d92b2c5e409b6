/** A Pull that fits into a message. What is left out of one is asked for with a later one: each topic goes on where it ended. */
import { MAX_BODY_BYTES } from '../messages/frame.ts'
import { encodeBody } from '../messages/kinds.ts'
import type { Pull } from '../messages/pull.ts'
import { TOPIC_NAMES, type TopicName } from './topics.ts'

const NOTHING: Pull = { incidents: [], custody: [], owner_messages: [], evidence: [], own: false }

/**
 * Sixteen incidents of 64 members each may be more than one message holds, and so may vaults, or manifests beside either: then fewer
 * are asked for. The part that takes most room gives way, so none hides another; one subject of each fits (test/sync/fitting.test.ts).
 */
export function fitting(body: Pull): Pull {
  if (encodeBody('pull', body).length <= MAX_BODY_BYTES) return body
  const largest = largestPart(body)
  if (largest === null) return body
  return fitting({ ...body, [largest]: body[largest].slice(0, Math.ceil(body[largest].length / 2)) })
}

/** Null where nothing is left to be shortened. */
function largestPart(body: Pull): TopicName | null {
  const parts = TOPIC_NAMES.filter((name) => body[name].length > 1).map((name) => ({ name, bytes: bytesOf(body, name) }))
  return parts.toSorted((a, b) => b.bytes - a.bytes)[0]?.name ?? null
}

function bytesOf(body: Pull, name: TopicName): number {
  return encodeBody('pull', { ...NOTHING, [name]: body[name] }).length
}
