export { open, seal, SEALED_OVERHEAD_BYTES, type Opening, type Sealing } from './sealing.ts'
