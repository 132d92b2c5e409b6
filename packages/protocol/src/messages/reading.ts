/** How bytes become messages. A shell may give one that remembers; it must give what this gives, errors included. */
import { type Frame, type Header, decodeFrame, decodeHeader } from './frame.ts'
import { type BodyOf, type MemberKind, decodeBody } from './kinds.ts'

/** Nothing that is read is ever changed by who reads it. */
export interface Reading {
  /** @throws SchemaError */
  readonly frame: (bytes: Uint8Array) => Frame
  /** @throws SchemaError */
  readonly header: (signed: Uint8Array) => Header
  /** @throws SchemaError */
  readonly body: <K extends MemberKind>(kind: K, bytes: Uint8Array) => BodyOf<K>
}

export const READING: Reading = { frame: decodeFrame, header: decodeHeader, body: decodeBody }
