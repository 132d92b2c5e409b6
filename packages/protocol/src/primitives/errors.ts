/**
 * The base of every package's error class: a code from a closed union (which doubles as a metric label), a sentence, and
 * what a person can do about it. Callers branch on `code`, never on the text. None may carry a secret.
 */
export abstract class CodedError<Code extends string> extends Error {
  readonly code: Code
  /** What a person can do, one sentence. */
  readonly remedy: string

  constructor(code: Code, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.remedy = remedy
  }
}

/** For the default branch of an exhaustive switch. */
export function assertNever(value: never): never {
  throw new Error(`unhandled variant: ${JSON.stringify(value)}`)
}

/** A broken invariant: a bug of ours, never bad input. The process that sees one exits. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

export function invariant(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new InvariantError(sentence)
}
