/** Evidence read for people: whether it holds by the lock alone, and what the two messages say. */
import {
  type EvidenceFault,
  type EvidenceFile,
  type Federation,
  bodyJson,
  decodeBody,
  decodeHeader,
  isMemberKind,
  verifyEvidence,
} from '@belfry/protocol'
import { type JsonValue, type Millis, SchemaError } from '@belfry/protocol/primitives'
import { verifier } from '../crypto.ts'

/** One of the two messages. */
export interface Said {
  readonly kind: string
  readonly boot: number
  readonly seq: number
  /** By the member's own clock. */
  readonly sent_at: Millis
  /** Its fields; null where this version does not know them. */
  readonly body: JsonValue
}

export interface ReadEvidence {
  readonly verdict: 'ok' | EvidenceFault
  /** Null where a message cannot be read. */
  readonly first: Said | null
  readonly second: Said | null
}

/** Verifies nothing but what the file and the lock say. The file must be of that lock. */
export function readEvidence(federation: Federation, file: EvidenceFile): ReadEvidence {
  return {
    verdict: verifyEvidence(verifier, federation, file),
    first: said(file.first.signed),
    second: said(file.second.signed),
  }
}

function said(signed: Uint8Array): Said | null {
  const head = orNull(() => decodeHeader(signed))
  if (head === null) return null
  const { kind, boot, seq, sent_at, body } = head
  return { kind, boot, seq, sent_at, body: isMemberKind(kind) ? orNull(() => bodyJson(kind, decodeBody(kind, body))) : null }
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof SchemaError) return null
    throw error
  }
}
