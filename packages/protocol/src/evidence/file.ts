/** `belfry-evidence.json`: evidence as people hand it on. With the federation's lock it is all that a judge needs. */
import { type FileKind, parseFile } from '../federation/file.ts'
import { conflict, signedPart } from '../messages/evidence.ts'
import { type Infer, type LockHash, s } from '../primitives/index.ts'

export const evidenceFile = s.struct({
  format: s.literal('belfry-evidence'),
  version: s.literal(1),
  /** Under which both messages were signed. */
  lock_hash: s.hex<LockHash>(32),
  member: s.memberIndex,
  conflict,
  first: signedPart,
  second: signedPart,
})
export type EvidenceFile = Infer<typeof evidenceFile>

const EVIDENCE_FILE: FileKind<EvidenceFile> = {
  name: 'belfry-evidence.json',
  format: 'belfry-evidence',
  version: 1,
  schema: evidenceFile,
  max_characters: 16_384,
}

/** @throws FederationError */
export function parseEvidence(text: string): EvidenceFile {
  return parseFile(EVIDENCE_FILE, text)
}
