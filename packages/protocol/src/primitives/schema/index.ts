export * from './schema.ts'
export * from './scalars.ts'
export * from './composites.ts'
