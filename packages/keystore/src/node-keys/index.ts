export { createNodeKeys, NodeKeys, openNodeKeys, type KeyFile, type NewKeyFile, type SealedFor } from './node-keys.ts'
export { verifyEd25519 } from './ed25519.ts'
