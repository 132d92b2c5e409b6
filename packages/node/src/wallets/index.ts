export {
  type Learnt,
  type WatchEntry,
  type WatchedOutpoint,
  type WatchedScript,
  WatchBook,
} from './book.ts'
export { type DeskInit, WatchDesk } from './desk.ts'
export { WatchError, type WatchErrorCode } from './errors.ts'
export { indexesOf, isFull } from './growth.ts'
export type { OutpointChange, OutpointProgress } from './outpoint-list.ts'
export type { ReadRequest, WatchRequest, WatchSubject } from './request.ts'
export { type ScanPlan, type ScanProgress, progressOf } from './scan.ts'
export { type Scripts, scriptsOf } from './scripts.ts'
export type { Scan, Watch, WatchId, WatchSource } from './watch.ts'
