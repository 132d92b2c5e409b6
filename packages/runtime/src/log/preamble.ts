/**
 * What stands before everything else: in the header (entry 0) alone, in a snapshot before the state. Its layout is the
 * same in every version, so that an older program can tell a newer log from a damaged one.
 *
 *   "belfry-log" (10 bytes) ‖ format version (4 bytes, big-endian)
 */
import { concat, equalBytes, utf8 } from '@belfry/protocol/primitives'
import { RuntimeError } from '../errors.ts'

/**
 * Rises with every change after which this program's predecessor would misread the log: of this format, of the core's
 * record schema or of its snapshot schema. A program that raises it first writes a snapshot over an older log, so that
 * one log never holds records of two versions.
 */
export const FORMAT_VERSION = 1

const NAME = utf8('belfry-log')
const PREAMBLE_BYTES = NAME.length + 4

export function withPreamble(body: Uint8Array, version = FORMAT_VERSION): Uint8Array {
  const number = new Uint8Array(4)
  new DataView(number.buffer).setUint32(0, version)
  return concat(NAME, number, body)
}

/**
 * The body behind the preamble.
 * @throws RuntimeError `log-foreign` or `log-newer`
 */
export function readPreamble(bytes: Uint8Array): Uint8Array {
  if (bytes.length < PREAMBLE_BYTES || !equalBytes(bytes.subarray(0, NAME.length), NAME)) {
    throw new RuntimeError('log-foreign', 'this is not a log of Belfry')
  }
  const version = new DataView(bytes.buffer, bytes.byteOffset + NAME.length, 4).getUint32(0)
  if (version > FORMAT_VERSION) {
    throw new RuntimeError('log-newer', `the log has format ${version}, this version reads up to ${FORMAT_VERSION}`)
  }
  if (version < 1) throw new RuntimeError('log-foreign', 'the log has format 0, which never existed')
  return bytes.subarray(PREAMBLE_BYTES)
}
