export * from './primitives/index.ts'
export * from './chain/index.ts'
