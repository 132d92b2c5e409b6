export type { FetchStep } from './debian.ts'
export { type FetchProgress, findBitcoind, type FindOptions } from './find.ts'
export { type BitcoindBinary, MIN_MAJOR_VERSION } from './program.ts'
