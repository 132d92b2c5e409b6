export { type SealContext, open, seal } from './sealing.ts'
export { type CryptoSuite, type KeyPair, fakeSuite, portsOf, realSuite } from './suite.ts'
