import { CodedError } from '@belfry/protocol/primitives'

export class LogError extends CodedError<'log-unwritable'> {}
