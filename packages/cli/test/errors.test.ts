import assert from 'node:assert/strict'
import { ClientError, CodedError, FederationError, SchemaError, VaultError } from '@belfry/client'
import { CommanderError } from 'commander'
import { CliError, EXIT, endingOf, failureOf } from '../src/errors.ts'

class OtherError extends CodedError<string> {}

describe('the table of exit codes', () => {
  for (const [code, exit] of [
    ['usage', EXIT.usage],
    ['lock-half-signed', EXIT.refused],
    ['file-permissions', EXIT.refused],
    ['wrong-passphrase-or-damaged', EXIT.refused],
    ['set-refused', EXIT.refused],
    ['unknown-key', EXIT.refused],
    ['store-locked', EXIT.refused],
    ['a-code-of-a-later-version', EXIT.refused],
    ['unreachable', EXIT.unreachable],
    ['timeout', EXIT.unreachable],
    ['warming-up', EXIT.unreachable],
    ['too-few-receipts', EXIT.failed],
    ['file-not-written', EXIT.failed],
    ['memory-not-lockable', EXIT.failed],
    ['broken', EXIT.failed],
    ['store-full', EXIT.failed],
    ['aborted', EXIT.interrupted],
  ] as const) {
    it(`ends with ${exit} for ${code}`, () => {
      assert.equal(EXIT[endingOf(code)], exit)
      assert.equal(failureOf(new OtherError(code, 'it happened', 'do something'), false).exit, exit)
    })
  }
})

describe('a failure', () => {
  it('is told by the code, message and remedy of whichever package threw it', () => {
    for (const error of [
      new CliError('wrong-keys', 'none of them fits', 'give others'),
      new ClientError('wrong-owner', 'none of them fits', 'give others'),
      new FederationError('not-a-member', 'none of them fits', 'give others'),
      new VaultError('key-repeated', 'none of them fits', 'give others'),
    ]) {
      const { code, message, remedy, details } = failureOf(error, false)
      assert.deepEqual([code, message, remedy, details], [error.code, 'None of them fits.', 'give others', []])
    }
  })

  it('is one sentence on one line, and begins with a path as the path is', () => {
    const told = (text: string): string => failureOf(new OtherError('x', text, 'y'), false).message
    assert.equal(told('keys.json exists'), 'keys.json exists.')
    assert.equal(told('/etc/x: it is open'), '/etc/x: it is open.')
    assert.equal(told('two\n  lines!'), 'Two lines!')
    assert.equal(told('bitcoind is away (ECONNREFUSED)'), 'Bitcoind is away (ECONNREFUSED)')
  })

  it('of the command line is a usage error', () => {
    const { code, message, exit } = failureOf(
      new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'"),
      false,
    )
    assert.deepEqual([code, message, exit], ['usage', "Unknown option '--x'.", EXIT.usage])
  })

  it('of a file names the field', () => {
    const { message, exit } = failureOf(new SchemaError('malformed', 'expected hex', ['members', '3']), false)
    assert.deepEqual([message, exit], ['members.3: expected hex.', EXIT.refused])
  })

  it('that nobody expected says so, and shows its stack and causes only for debugging', () => {
    const error = new TypeError('oops', { cause: new RangeError('beneath') })
    assert.equal(failureOf(error, false).code, 'internal')
    assert.deepEqual(failureOf(error, false).details, [])
    const details = failureOf(error, true).details.join('\n')
    assert.match(details, /TypeError: oops[^]*caused by:[^]*RangeError: beneath/)
    assert.equal(failureOf('thrown text', true).exit, EXIT.failed)
  })
})
