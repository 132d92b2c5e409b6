export { LedgerDesk } from './desk.ts'
export { LedgerError, type LedgerErrorCode } from './errors.ts'
export type { LedgerView, QuarantineView, SignedView } from './view.ts'
