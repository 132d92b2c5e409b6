export type { CryptoPorts, Hasher, Signer, Verifier } from './ports.ts'
export { DOMAINS, type Domain, hashOf, taggedHash } from './tagged.ts'
