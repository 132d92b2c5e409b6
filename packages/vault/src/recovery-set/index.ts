export { buildRecoverySet, type UnsignedTransaction } from './build.ts'
export { transactionIdOf, type Place, placesOf, type TransactionId } from './places.ts'
export { type PresignedTransaction, type SignedRecoverySet, SignedTransaction } from './signed.ts'
