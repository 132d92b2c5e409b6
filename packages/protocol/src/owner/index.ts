export { requiredKeys } from './authority.ts'
export { ANCHOR_DEPTH, COMMAND_RECENCY, type Command, type LadderTrial, MAX_COMMAND_BYTES, type Order, type SignedCommand, command, commandDigest, commandHash, decodeCommand, decodeSignedCommand, encodeCommand, encodeSignedCommand, signedCommand } from './command.ts'
export * from './limits.ts'
