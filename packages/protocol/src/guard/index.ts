export { commandSlot, destroyedSlot, drillSlot, receiptSlot, releaseSlot, signOnce, signedFor, voteSlot } from './ledger.ts'
