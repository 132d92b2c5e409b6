import { type Frame, type Header, type MemberKind, decodeFrame, decodeHeader, isMemberKind } from '@belfry/protocol'

export interface ReadFrame {
  readonly frame: Frame
  readonly head: Header
  readonly kind: MemberKind
}

/** Frames that left a member, decoded once however many look at them. */
export class FrameReader {
  readonly #read = new WeakMap<Uint8Array, ReadFrame>()

  /** @throws SchemaError for what no honest member sends */
  read(bytes: Uint8Array): ReadFrame {
    const known = this.#read.get(bytes)
    if (known) return known
    const frame = decodeFrame(bytes)
    const head = decodeHeader(frame.signed)
    if (!isMemberKind(head.kind)) throw new RangeError(`no kind of message: ${head.kind}`)
    const read = { frame, head, kind: head.kind }
    this.#read.set(bytes, read)
    return read
  }
}
