import assert from 'node:assert/strict'
import { CodedError, InvariantError, assertNever, invariant } from '../../src/primitives/index.ts'

class KettleError extends CodedError<'boiled-dry'> {}

describe('errors', () => {
  it('carry their class, code, sentence, remedy and cause', () => {
    const cause = new Error('no water')
    const error = new KettleError('boiled-dry', 'The kettle boiled dry.', 'Fill it.', { cause })
    const { name, code, message, remedy } = error
    assert.deepEqual(
      { name, code, message, remedy },
      { name: 'KettleError', code: 'boiled-dry', message: 'The kettle boiled dry.', remedy: 'Fill it.' },
    )
    assert.equal(error.cause, cause)
    assert.ok(error instanceof Error)
  })

  it('tell a broken invariant from everything else', () => {
    invariant(true, 'all is well')
    assert.throws(() => invariant(false, 'one and one is two'), new InvariantError('one and one is two'))
  })

  it('name a variant that nobody handled', () => {
    assert.throws(() => assertNever({ kind: 'new' } as never), /unhandled variant: {"kind":"new"}/)
  })
})
