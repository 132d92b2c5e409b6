import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { KeystoreError, SecretBytes } from '@belfry/keystore'
import type { Tell } from '@belfry/protocol'
import { chainLog, networkLog, printable, tellLog } from '../../src/logging/index.ts'
import { recorded } from './support.ts'

/** The same bytes as everything that they could be printed as. */
function forms(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes)
  const numbers = [...bytes].join(',')
  return [
    buffer.toString('hex'),
    buffer.toString('base64'),
    buffer.toString('base64url'),
    buffer.toString('latin1'),
    numbers,
    JSON.stringify([...bytes]).slice(1, -1),
  ]
}

describe('redaction by type', () => {
  const canary = new Uint8Array(randomBytes(32))
  const secret = SecretBytes.from(canary)
  after(() => secret.wipe())

  class Holder {
    readonly bytes = canary
    readonly text = Buffer.from(canary).toString('hex')
    toJSON() {
      return this.text
    }
  }

  const carriers: Readonly<Record<string, unknown>> = {
    'a SecretBytes': secret,
    bytes: canary,
    'a Buffer': Buffer.from(canary),
    'an ArrayBuffer': Uint8Array.from(canary).buffer,
    'a SharedArrayBuffer': (() => {
      const shared = new SharedArrayBuffer(32)
      new Uint8Array(shared).set(canary)
      return shared
    })(),
    'a DataView': new DataView(Uint8Array.from(canary).buffer),
    'a Uint16Array': new Uint16Array(Uint8Array.from(canary).buffer),
    'a map': new Map([['a', canary]]),
    'a set': new Set([Buffer.from(canary).toString('hex')]),
    'an instance of any class': new Holder(),
    'a key object': generateKeyPairSync('ed25519').privateKey,
    'a function': () => canary,
    'a symbol': Symbol(Buffer.from(canary).toString('hex')),
    'a promise': Promise.resolve(canary),
    'a proxy': new Proxy({ text: Buffer.from(canary).toString('hex') }, {}),
    "text by a secret's name": { passphrase: Buffer.from(canary).toString('hex') },
    "an error's own field": Object.assign(new Error('x'), { bytes: canary, text: Buffer.from(canary).toString('hex') }),
    "an error's cause that is no error": new Error('x', { cause: Buffer.from(canary).toString('hex') }),
    "a parser's error": (() => {
      try {
        JSON.parse(Buffer.from(canary).toString('hex'))
        return null
      } catch (error) {
        return error
      }
    })(),
  }

  for (const [name, value] of Object.entries(carriers)) {
    it(`prints nothing of ${name}, by any way into the log`, () => {
      const { logger, text, lines } = recorded()
      logger.info('started', { value })
      logger.child({ value }).warn('started')
      logger.error('node-failed', { error: new KeystoreError('file-empty', 'm', 'r', { cause: value }) })
      logger.debug('started', { deep: { list: [{ value }] } })
      if (typeof value === 'object' && value !== null) {
        logger.info('started', value)
        logger.child(value).info('started')
        chainLog(logger).info(value, 'zmq-silent')
        chainLog(logger).info(value, 'something-new')
      }
      // What a part of the node hands over although its types forbid it.
      const odd = { value } as unknown as Record<string, string>
      networkLog(logger)('info', 'dial-failed', odd)
      chainLog(logger).warn(odd, 'zmq-silent')
      tellLog(logger)({ level: 'info', event: 'started', ...odd } satisfies Tell)
      assert.ok(lines().length >= 7)
      for (const form of forms(canary)) assert.ok(!text().includes(form), `${name} as ${form}`)
      assert.ok(!text().includes('PRIVATE'))
    })
  }

  it('names what it hides', () => {
    assert.deepEqual(
      printable({
        a: secret,
        b: canary,
        c: new Holder(),
        d: new Map(),
        e: () => 1,
        f: { token: 'x', token_file: '/x' },
      }),
      {
        a: '[secret]',
        b: '<32 bytes>',
        c: '<object>',
        d: '<0 entries>',
        e: '<function>',
        f: { token: '[secret]', token_file: '/x' },
      },
    )
  })

  it('prints what a log is for', () => {
    const plain = { text: 'a', number: 1.5, flag: true, nothing: null, list: [1, ['b']], when: new Date(0) }
    assert.deepEqual(printable({ ...plain, sats: 5n, huge: 2n ** 80n, odd: NaN, missing: undefined }), {
      ...plain,
      when: '1970-01-01T00:00:00.000Z',
      sats: 5,
      huge: String(2n ** 80n),
      odd: 'NaN',
    })
  })

  it('prints of our errors code, message and remedy, and those of their causes', () => {
    const cause = new KeystoreError('wrong-passphrase-or-damaged', 'inner', 'inner remedy')
    assert.deepEqual(printable(new KeystoreError('file-empty', 'outer', 'outer remedy', { cause })), {
      name: 'KeystoreError',
      code: 'file-empty',
      message: 'outer',
      remedy: 'outer remedy',
      cause: { name: 'KeystoreError', code: 'wrong-passphrase-or-damaged', message: 'inner', remedy: 'inner remedy' },
    })
  })

  it('prints where a foreign error arose', () => {
    const printed = printable(new TypeError('x is not a function'))
    assert.ok(
      typeof printed === 'object' && printed !== null && 'stack' in printed && typeof printed.stack === 'string',
    )
    assert.match(printed.stack, /^at .*redaction\.test\.ts/)
  })

  it('cuts what is long, wide, deep or endless', () => {
    const endless: Record<string, unknown> = {}
    endless['self'] = endless
    const long = new Error('m'.repeat(10_000))
    long.cause = long
    const printed = JSON.stringify(
      printable({
        text: 'x'.repeat(1_000_000),
        list: Array(1_000_000).fill(1),
        endless,
        long,
        wide: Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at}`, at])),
        ['n'.repeat(100_000)]: 1,
      }),
    )
    assert.ok(printed.length < 40_000, String(printed.length))
    assert.match(printed, /<deeper>/)
    assert.match(printed, /<999936 more>/)
    assert.match(printed, /… \(998976 more\)/)
  })

  it('never throws', () => {
    const hostile = {
      get a() {
        throw new Error('no')
      },
    }
    const poser = Object.create(Error.prototype) as Error
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const { logger, lines } = recorded()
    for (const value of [hostile, poser, proxy, new Date(NaN), Object.create(null)]) logger.info('started', { value })
    assert.equal(lines().length, 5)
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true,
          withNullPrototype: true,
        }),
        (value) => {
          const before = lines().length
          logger.info('started', { value })
          assert.equal(lines().length, before + 1)
        },
      ),
      { numRuns: 200 },
    )
  })
})
