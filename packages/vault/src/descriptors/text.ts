/** A descriptor as text: its limit, its alphabet and its checksum (BIP-380). */
import { descriptorChecksum } from '../scripts/checksum.ts'
import { DescriptorError } from './errors.ts'

/** More than a hundred keys with their origins. */
export const MAX_DESCRIPTOR_CHARS = 16_384

const CHECKSUM = /^[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{8}$/

/**
 * The descriptor without its checksum, which may be missing but not wrong.
 * @throws DescriptorError `descriptor-too-long`, `descriptor-malformed`, `descriptor-checksum`
 */
export function withoutChecksum(text: string): string {
  if (text.length > MAX_DESCRIPTOR_CHARS) {
    throw new DescriptorError(
      'descriptor-too-long',
      `a descriptor has at most ${MAX_DESCRIPTOR_CHARS} characters`,
      'Check that this is one descriptor and nothing else.',
    )
  }
  const [body = '', given, ...more] = text.split('#')
  const right = checksumOf(body)
  if (body === '' || right === null || more.length > 0) throw malformed('it has characters that no descriptor has')
  if (given === undefined || given === right) return body
  throw new DescriptorError(
    'descriptor-checksum',
    CHECKSUM.test(given)
      ? 'the checksum after # is not that of the descriptor: one of the two was changed'
      : 'what stands after # is no checksum of eight characters',
    'Copy the descriptor again from where it came from, whole; take the checksum off only if you know why it differs.',
  )
}

export function malformed(detail: string, options?: ErrorOptions): DescriptorError {
  return new DescriptorError(
    'descriptor-malformed',
    `this is no descriptor: ${detail}`,
    'Check its brackets, commas, keys and paths; bitcoind says more with getdescriptorinfo.',
    options,
  )
}

function checksumOf(body: string): string | null {
  try {
    return descriptorChecksum(body)
  } catch {
    return null
  }
}
