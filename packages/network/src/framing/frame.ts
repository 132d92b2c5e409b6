/**
 * Frames on a byte stream: a 4-byte big-endian length, then that many bytes. The length is 1 to the stream's maximum,
 * so that a frame is never empty and never buffered beyond what was agreed. Pure.
 */

const HEADER_BYTES = 4
/** A frame's buffer starts this large and doubles as bytes arrive: memory goes to whoever sends, not who announces. */
const FIRST_BUFFER_BYTES = 4096

export type FrameErrorCode = 'frame-empty' | 'frame-too-large'

/** The stream's framing is broken and nothing after it can be read. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly code: FrameErrorCode

  constructor(code: FrameErrorCode) {
    super(code === 'frame-empty' ? 'a frame of no bytes' : 'a frame over the limit')
    this.code = code
  }
}

/** One frame in one buffer of its own. The caller has checked the length against the stream's maximum. */
export function encodeFrame(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEADER_BYTES + bytes.length)
  new DataView(frame.buffer).setUint32(0, bytes.length)
  frame.set(bytes, HEADER_BYTES)
  return frame
}

export class FrameDecoder {
  readonly #maxFrameBytes: number
  readonly #onLength: (length: number) => void
  readonly #header = new Uint8Array(HEADER_BYTES)
  #headerFilled = 0
  #body: Uint8Array | null = null
  #bodyFilled = 0
  #bodyLength = 0
  #broken: FrameError | null = null

  /** @param onLength hears each frame's length before its bytes are kept; what it throws comes out of `push` */
  constructor(maxFrameBytes: number, onLength: (length: number) => void = () => {}) {
    this.#maxFrameBytes = maxFrameBytes
    this.#onLength = onLength
  }

  /** Whether bytes of an incomplete frame have been read: a stream that ends now was cut. */
  get midFrame(): boolean {
    return this.#body !== null || this.#headerFilled > 0
  }

  /**
   * The frames that this chunk completes, each in a buffer of its own. Take all of them before the next push.
   * @throws FrameError for the first bad header, and again on every later push
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, void> {
    let offset = 0
    if (this.#broken) throw this.#broken
    while (offset < chunk.length) {
      offset = this.#body === null ? this.#readHeader(chunk, offset) : this.#readBody(this.#body, chunk, offset)
      if (this.#body !== null && this.#bodyFilled === this.#bodyLength) yield this.#takeBody(this.#body)
    }
  }

  #readHeader(chunk: Uint8Array, offset: number): number {
    const taken = Math.min(HEADER_BYTES - this.#headerFilled, chunk.length - offset)
    this.#header.set(chunk.subarray(offset, offset + taken), this.#headerFilled)
    this.#headerFilled += taken
    if (this.#headerFilled === HEADER_BYTES) this.#startBody(new DataView(this.#header.buffer).getUint32(0))
    return offset + taken
  }

  #startBody(length: number): void {
    if (length === 0) throw this.#break('frame-empty')
    if (length > this.#maxFrameBytes) throw this.#break('frame-too-large')
    this.#onLength(length)
    this.#bodyLength = length
    this.#bodyFilled = 0
    this.#body = new Uint8Array(Math.min(length, FIRST_BUFFER_BYTES))
  }

  #readBody(body: Uint8Array, chunk: Uint8Array, offset: number): number {
    const taken = Math.min(this.#bodyLength - this.#bodyFilled, chunk.length - offset)
    const filled = this.#bodyFilled + taken
    const target = filled > body.length ? this.#grow(body, filled) : body
    target.set(chunk.subarray(offset, offset + taken), this.#bodyFilled)
    this.#body = target
    this.#bodyFilled = filled
    return offset + taken
  }

  #grow(body: Uint8Array, needed: number): Uint8Array {
    const grown = new Uint8Array(Math.min(this.#bodyLength, Math.max(needed, body.length * 2)))
    grown.set(body.subarray(0, this.#bodyFilled))
    return grown
  }

  #takeBody(body: Uint8Array): Uint8Array {
    this.#body = null
    this.#headerFilled = 0
    return body.length === this.#bodyLength ? body : body.slice(0, this.#bodyLength)
  }

  #break(code: FrameErrorCode): FrameError {
    this.#broken = new FrameError(code)
    return this.#broken
  }
}
