export { createNodeKeys, NodeKeys, openNodeKeys, type SealedFor } from './node-keys.ts'
export { verifyEd25519 } from './ed25519.ts'
