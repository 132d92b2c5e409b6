export type { FetchStep } from './debian.ts'
export { type FetchProgress, findBitcoind, type FindOptions } from './find.ts'
export type { BitcoindBinary } from './program.ts'
