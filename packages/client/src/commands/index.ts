export { anchorOfBitcoind, anchorOfMembers } from './anchor.ts'
export { type StoredCommand, readCommandFile, writeCommandFile } from './command-file.ts'
export {
  type CommandInit,
  type OrderKey,
  type Quorum,
  hashOfCommand,
  lastHeightFor,
  makeCommand,
  quorumFor,
  readCommand,
  requireCommandFits,
  signCommand,
  signersOf,
  withoutForged,
  wrongSignersOf,
} from './command.ts'
export {
  type DrillReport,
  type FollowCommandOptions,
  type ToldDrill,
  type ToldPanic,
  drillsTold,
  followDrill,
  followPanic,
  readDrillReport,
} from './outcome.ts'
export { type CommandResult, type SendOptions, requireTaken, sendCommand } from './send.ts'
export { type TriedLadder, tryLadder } from './trial.ts'
