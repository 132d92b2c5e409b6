/** Frames waiting to be sent, oldest first; beyond its bounds the oldest give way. Pure. */
export class SendQueue {
  readonly #maxFrames: number
  readonly #maxBytes: number
  #frames: Uint8Array[] = []
  /** Frames before this index are gone; the array is cut when they are half of it. */
  #head = 0
  #bytes = 0

  constructor(maxFrames: number, maxBytes: number) {
    this.#maxFrames = maxFrames
    this.#maxBytes = maxBytes
  }

  get length(): number {
    return this.#frames.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Returns how many frames had to go for this one; a frame over the byte limit by itself goes at once. */
  push(frame: Uint8Array): number {
    this.#frames.push(frame)
    this.#bytes += frame.length
    let dropped = 0
    while (this.length > this.#maxFrames || this.#bytes > this.#maxBytes) {
      this.shift()
      dropped++
    }
    return dropped
  }

  /** The oldest, which stays. */
  peek(): Uint8Array | undefined {
    return this.#frames[this.#head]
  }

  shift(): Uint8Array | undefined {
    const frame = this.peek()
    if (frame === undefined) return undefined
    this.#head++
    this.#bytes -= frame.length
    if (this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head)
      this.#head = 0
    }
    return frame
  }

  clear(): void {
    this.#frames = []
    this.#head = 0
    this.#bytes = 0
  }
}
