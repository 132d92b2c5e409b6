export { isWhollySigned } from './commitment.ts'
export { type DecodedTransaction, decodeTransaction, MAX_TRANSACTION_BYTES, txidOf } from './decode.ts'
export {
  dustThreshold,
  feeFor,
  feerate,
  MAX_FEERATE,
  MAX_SIGNATURE_BYTES,
  MIN_FEERATE,
  MIN_FEERATE_STEP,
  packageFeerate,
  singleInputWeight,
  vsizeOfWeight,
} from './fees.ts'
export { outputsHashOf } from './outputs-hash.ts'
export { type SighashType, SIGHASH, type SignDigest } from './signature.ts'
