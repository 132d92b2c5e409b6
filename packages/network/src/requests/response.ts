import { concat } from '@belfry/protocol/primitives'

/**
 * An answer to an owner: one byte that says how it went, then the answer where it went well. Pure.
 */
export type ResponseStatus = 'ok' | 'over-budget' | 'failed'

const STATUS_BYTES: readonly ResponseStatus[] = ['ok', 'over-budget', 'failed']
export const STATUS_LENGTH = 1

export function encodeResponse(status: ResponseStatus, bytes: Uint8Array = new Uint8Array()): Uint8Array {
  return concat(Uint8Array.of(STATUS_BYTES.indexOf(status)), bytes)
}

/** null for an empty answer or an unknown status. */
export function decodeResponse(frame: Uint8Array): { status: ResponseStatus; bytes: Uint8Array } | null {
  const status = STATUS_BYTES[frame[0] ?? STATUS_BYTES.length]
  return status === undefined ? null : { status, bytes: frame.subarray(STATUS_LENGTH) }
}
