export { buildRecoverySet, type UnsignedTransaction } from './build.ts'
export { transactionIdOf, type Place, placesOf, type TransactionId, variantClawedBack } from './places.ts'
export { type PresignedTransaction, type SignedRecoverySet, SignedTransaction } from './signed.ts'
