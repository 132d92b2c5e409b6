export { signOnce, signedFor } from './ledger.ts'
export { type Slot, commandSlot, destroyedSlot, drillSlot, receiptSlot, releaseSlot, slotBodyOf, slotOf, voteSlot } from './slots.ts'
export { type GuardCode, GuardError, GuardedSigner } from './signer.ts'
