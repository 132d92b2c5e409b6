import { CodedError } from '@belfry/protocol/primitives'

export type HttpErrorCode =
  // At start
  | 'listen-failed'
  | 'token-unusable'
  // Answers
  | 'unauthorised'
  | 'not-found'
  | 'method-not-allowed'
  | 'body-refused'
  | 'wrong-host'
  | 'busy'
  | 'malformed-request'
  | 'headers-too-large'
  | 'request-timeout'
  | 'not-live'
  | 'not-ready'
  | 'internal'

export class HttpError extends CodedError<HttpErrorCode> {}
