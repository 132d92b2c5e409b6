export { createOwnerKey, openOwnerKey, OwnerKey } from './owner-key.ts'
export { verifySchnorr } from './secp256k1.ts'
