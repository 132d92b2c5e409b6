export {
  readEncryptedFile, writeEncryptedFile, type EncryptedFileRead, type EncryptedFileWrite,
} from './encrypted-file.ts'
export { DEFAULT_COST, LEAST_COST, type KdfCost } from './cost.ts'
