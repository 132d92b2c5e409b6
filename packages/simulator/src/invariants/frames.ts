import { type BodyOf, type Frame, type Header, type MemberKind, type Reading, isMemberKind } from '@belfry/protocol'

export interface ReadFrame {
  readonly frame: Frame
  readonly head: Header
  readonly kind: MemberKind
}

/** Frames that left a member, decoded once however many look at them. */
export class FrameReader {
  readonly #reading: Reading
  readonly #read = new WeakMap<Uint8Array, ReadFrame>()

  constructor(reading: Reading) {
    this.#reading = reading
  }

  /** @throws SchemaError for what no honest member sends */
  read(bytes: Uint8Array): ReadFrame {
    const known = this.#read.get(bytes)
    if (known) return known
    const frame = this.#reading.frame(bytes)
    const head = this.#reading.header(frame.signed)
    if (!isMemberKind(head.kind)) throw new RangeError(`no kind of message: ${head.kind}`)
    const read = { frame, head, kind: head.kind }
    this.#read.set(bytes, read)
    return read
  }

  /** @throws SchemaError for what no honest member sends */
  bodyOf<K extends MemberKind>(kind: K, { head }: Pick<ReadFrame, 'head'>): BodyOf<K> {
    return this.#reading.body(kind, head.body)
  }
}
