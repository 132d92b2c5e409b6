export { createTxidHasher } from './load.ts'
export { TxidHasher } from './txid-hasher.ts'
