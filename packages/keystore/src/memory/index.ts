export { MAX_SECRET_BYTES, SecretBytes } from './secret-bytes.ts'
export { LockedMemory, processMemory, type LockedBlock, type LockedMemoryLimits } from './locked-memory.ts'
export { ZeroedAtEnd } from './zeroed-at-end.ts'
