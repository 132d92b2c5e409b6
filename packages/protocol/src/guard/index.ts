export { receiptSlot, releaseSlot, signOnce, signedFor, voteSlot } from './ledger.ts'
