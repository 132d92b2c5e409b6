export { signRecoverySet } from './sign.ts'
export { MAX_PSBT_BYTES, recoverySetFromPsbts, signPsbt, toPsbt } from './psbt.ts'
