export * from './bytes.ts'
export * from './ids.ts'
export * from './errors.ts'
