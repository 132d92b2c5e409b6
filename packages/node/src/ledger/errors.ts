import { CodedError } from '@belfry/protocol/primitives'

export type LedgerErrorCode = 'store-locked' | 'no-ledger' | 'wrong-user' | 'nothing-to-adopt'

/** Why a ledger was not shown or changed. */
export class LedgerError extends CodedError<LedgerErrorCode> {}
