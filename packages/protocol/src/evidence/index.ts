export { type EvidenceFile, evidenceFile, parseEvidence } from './file.ts'
export { MAX_PER_SORT, evidenceId } from './keeping.ts'
export { EVIDENCE_FAULTS, type EvidenceFault, type EvidenceLock, verifyEvidence } from './verify.ts'
