export * from './primitives/index.ts'
export * from './chain/index.ts'
export * from './crypto/index.ts'
