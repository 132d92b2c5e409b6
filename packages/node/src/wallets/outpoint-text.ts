/** Lists of coins as text, one TXID:VOUT a line, read in whatever pieces they come. */
import { OUTPOINT_BYTES } from '../chain/watch-set/index.ts'
import { WatchError } from './errors.ts'

const TXID_BYTES = 32
const LINE = /^\s*(?:([0-9a-f]{64}):(0|[1-9][0-9]{0,9})\s*)?$/
const MAX_VOUT = 0xffff_ffff
/** With all white space. */
const MAX_LINE_CHARS = 1_000

/**
 * For each piece the coins whose lines end in it, packed as inputs name them: 36 bytes each. Empty lines are passed over.
 * @throws WatchError `watch-malformed`
 */
export async function* readOutpoints(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new OutpointReader()
  for await (const piece of pieces) yield reader.read(Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1'))
  yield reader.read('\n')
}

class OutpointReader {
  private line = 0
  /** The beginning of a line whose end has not come. */
  private begun = ''

  read(text: string): Uint8Array {
    const lines = `${this.begun}${text}`.split('\n')
    this.begun = lines.pop() ?? ''
    if (this.begun.length > MAX_LINE_CHARS) throw malformed(this.line + 1)
    const packed = Buffer.alloc(OUTPOINT_BYTES * lines.length)
    let end = 0
    for (const line of lines) {
      this.line += 1
      const parts = LINE.exec(line)
      if (parts === null || Number(parts[2] ?? 0) > MAX_VOUT) throw malformed(this.line)
      if (parts[1] === undefined) continue
      packed.write(parts[1], end, TXID_BYTES, 'hex')
      packed.subarray(end, end + TXID_BYTES).reverse()
      packed.writeUInt32LE(Number(parts[2]), end + TXID_BYTES)
      end += OUTPOINT_BYTES
    }
    return packed.subarray(0, end)
  }
}

function malformed(line: number): WatchError {
  return new WatchError(
    'watch-malformed',
    `line ${line} of the list is no outpoint; nothing was changed`,
    'Write the txid in 64 lower-case hex digits, a colon and the number of the output; one outpoint a line.',
  )
}
