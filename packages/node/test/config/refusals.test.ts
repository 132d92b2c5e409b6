import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { ConfigError, SETTING_KEYS, type SettingKey, variableOf } from '../../src/config/index.ts'
import { parseConfigText } from '../../src/config/file.ts'
import { type ConfigFolder, MINIMAL, configFolder, summary } from './support.ts'

describe('what a configuration is refused for', () => {
  let folder: ConfigFolder
  before(async () => {
    folder = await configFolder()
  })
  after(() => folder.remove())

  for (const [text, message, remedy] of [
    ['data_dirr: x', 'there is no setting data_dirr', 'Did you mean data_dir?'],
    ['bitcoind: {rpcport: 1}', 'there is no setting bitcoind.rpcport', 'Did you mean bitcoind.rpc_port?'],
    [
      'bitcoind: {zmq: {rawblok: x}}',
      'there is no setting bitcoind.zmq.rawblok',
      'Did you mean bitcoind.zmq.rawblock?',
    ],
    ['rpc_port: 1', 'there is no setting rpc_port', 'Did you mean bitcoind.rpc_port?'],
    ['http: {banana: 1}', 'there is no setting http.banana', 'Known here: host, port, allow_remote.'],
    ['http.port: 1', 'there is no setting http.port', 'Write it as http: {port: …}.'],
    ['bitcoind.zmq.rawtx: x', 'there is no setting bitcoind.zmq.rawtx', 'Write it as bitcoind: {zmq: {rawtx: …}}.'],
    ['__proto__: {x: 1}', 'there is no setting __proto__', 'Known here: '],
    ['constructor: 1', 'there is no setting constructor', 'Known here: '],
    ['"a\\u001b[31mb": 1', 'there is no setting a?[31mb', 'Known here: '],
    ['bitcoind: 1', 'bitcoind is a section, not a value', 'Write its settings under it: host, rpc_port,'],
    ['http: []', 'http is a section, not a value', 'Write its settings under it: host, port, allow_remote.'],
  ] as const) {
    it(`refuses ${text}`, async () => {
      const rest = text.startsWith('bitcoind') ? MINIMAL.replace(/bitcoind:[^]*/, '') : MINIMAL
      const error = await folder.refused(`${rest}${text}\n`)
      assert.ok(error.message.includes(message), error.message)
      assert.ok(error.remedy.includes(remedy), error.remedy)
    })
  }

  for (const text of [
    'password: x',
    'passphrase: x',
    'bitcoind: {password: x}',
    'bitcoind: {rpcpassword: x}',
    'bitcoind: {rpc_password: x}',
    'http: {api_token: x}',
    'token: x',
    'seed: x',
    'private_key: x',
    'mnemonic: x',
    'client_secret: x',
  ]) {
    it(`refuses the secret of ${text}`, async () => {
      const error = await folder.refused(`${text}\n`)
      assert.equal(error.code, 'secret-in-file')
      assert.match(error.remedy, /file of its own/)
    })
  }

  for (const [name, text, code, message] of [
    ['a key that is there twice', 'lock: a\nlock: b\n', 'duplicate-key', 'line 2'],
    ['a nested key that is there twice', 'http:\n  port: 1\n  port: 2\n', 'duplicate-key', 'line 3'],
    ['what is not YAML', 'lock: [a\n', 'file-malformed', 'not YAML'],
    ['tabs', 'http:\n\tport: 1\n', 'file-malformed', 'line 2'],
    ['several documents', 'lock: a\n---\nlock: b\n', 'file-malformed', 'MULTIPLE_DOCS'],
    ['anchors', 'lock: &a x\ndata_dir: *a\n', 'file-malformed', 'anchors'],
    ['unknown tags', 'lock: !secret x\n', 'file-malformed', 'TAG_RESOLVE_FAILED'],
    ['a list', '- a\n- b\n', 'file-malformed', 'not a table'],
    ['a single word', 'hello\n', 'file-malformed', 'not a table'],
    ['more than its size', `# ${'x'.repeat(256 * 1024)}\n`, 'file-too-large', 'more than 262144 bytes'],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const error = await folder.refused(text)
      assert.equal(error.code, code, summary(error))
      assert.ok(error.message.includes(message), error.message)
    })
  }

  const WRONG: Readonly<Partial<Record<SettingKey, readonly unknown[]>>> = {
    data_dir: ['', 1, true, ['a'], '~/belfry', '~', 'a\0b', 'x'.repeat(4097)],
    allow_group_readable_passphrase: ['yes', 1, 'true'],
    'bitcoind.host': ['', 'a b', 'http://host', 'host:8332', '-a', 1],
    'bitcoind.rpc_port': [0, 65_536, -1, 1.5, '8332', true],
    'bitcoind.user': ['', 'a:b', 1],
    'bitcoind.zmq.rawtx': [
      '127.0.0.1:1',
      'ipc:///x',
      'tcp://*:1',
      'tcp://a',
      'tcp://a:0',
      'tcp://a:65536',
      'tcp://u:p@a:1',
      'tcp://[x]:1',
      'tcp://[127.0.0.1]:1',
    ],
    listen: [
      '/ip4/0.0.0.0/tcp/1',
      ['/ip4/0.0.0.0'],
      ['0.0.0.0:1'],
      ['/ip4/300.0.0.1/tcp/1'],
      [1],
      Array(17).fill('/ip4/0.0.0.0/tcp/1'),
    ],
    'http.host': ['0.0.0.0:1', ''],
    'http.port': [-1, 65_536, '1', true],
    owners: ['a', [''], [1], ['~/a'], Array(1025).fill('/a')],
    'log.level': ['trace', 'INFO', 1],
    'log.file': [''],
  }
  for (const [key, values] of Object.entries(WRONG)) {
    it(`refuses values that ${key} cannot have`, async () => {
      for (const value of values) {
        const error = await folder.refused(withSetting(key, value))
        assert.equal(error.code, 'wrong-value', `${JSON.stringify(value)}: ${summary(error)}`)
        assert.ok(error.message.startsWith(`${key} must be `), error.message)
      }
    })
  }

  it('refuses text in variables and flags that is no value of its kind', async () => {
    for (const [env, place] of [
      [{ BELFRY_HTTP_PORT: '0x10' }, 'BELFRY_HTTP_PORT'],
      [{ BELFRY_HTTP_PORT: ' 1' }, 'BELFRY_HTTP_PORT'],
      [{ BELFRY_HTTP_PORT: '01' }, 'BELFRY_HTTP_PORT'],
      [{ BELFRY_HTTP_ALLOW_REMOTE: 'TRUE' }, 'BELFRY_HTTP_ALLOW_REMOTE'],
      [{ BELFRY_OWNERS: 'a,,b' }, 'BELFRY_OWNERS'],
    ] as const) {
      const error = await folder.refused(MINIMAL, { env })
      assert.equal(error.code, 'wrong-value')
      assert.ok(error.remedy.includes(place), error.remedy)
    }
    const error = await folder.refused(MINIMAL, { flags: { 'http.port': 'x' } })
    assert.ok(error.remedy.includes('--http-port'), error.remedy)
  })

  it('says so when a variable was made by Kubernetes', async () => {
    const error = await folder.refused(MINIMAL, { env: { BELFRY_HTTP_PORT: 'tcp://10.96.0.7:80' } })
    assert.match(error.remedy, /enableServiceLinks/)
  })

  for (const [name, bitcoind, code] of [
    ['both ways to log in', 'cookie_file: /c\n  user: u\n  password_file: /p', 'conflict'],
    ['a cookie and a user', 'cookie_file: /c\n  user: u', 'conflict'],
    ['a user without a password', 'user: u', 'missing-value'],
    ['a password without a user', 'password_file: /p', 'missing-value'],
    ['no way to log in', 'host: a', 'missing-value'],
    ['one ZMQ address', 'cookie_file: /c\n  zmq: {rawtx: "tcp://a:1"}', 'missing-value'],
    ['two ZMQ addresses', 'cookie_file: /c\n  zmq: {rawtx: "tcp://a:1", sequence: "tcp://a:1"}', 'missing-value'],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const error = await folder.refused(MINIMAL.replace('cookie_file: /var/lib/bitcoind/.cookie', bitcoind))
      assert.equal(error.code, code, summary(error))
    })
  }

  it('refuses to open HTTP to others unless told to', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org', '128.0.0.1', '::ffff:127.0.0.1']) {
      const error = await folder.refused(`${MINIMAL}http: {host: '${host}'}\n`)
      assert.equal(error.code, 'remote-http', host)
      const { config } = await folder.load(`${MINIMAL}http: {host: '${host}', allow_remote: true}\n`)
      assert.equal(config.http.host, host)
    }
    for (const host of ['127.0.0.1', '127.3.2.1', '::1', 'localhost']) {
      assert.equal((await folder.load(`${MINIMAL}http: {host: '${host}'}\n`)).config.http.host, host)
    }
  })

  it('never shows a value in an error', async () => {
    const canary = 'canary-5d7f'
    for (const key of SETTING_KEYS) {
      for (const value of [{ [canary]: 1 }, [{ a: canary }], `\0${canary}`, `${canary} with\nlines`.repeat(400)]) {
        const { message, remedy, cause } = await folder.refused(withSetting(key, value))
        assert.ok(!`${message}${remedy}${String(cause)}`.includes(canary), `${key}: ${message}`)
      }
      const env = { [variableOf(key)]: `\0 ~ ${canary}\0` }
      const { message, remedy } = await folder.refused(MINIMAL, { env })
      assert.ok(!`${message}${remedy}`.includes(canary), `${key}: ${message}`)
    }
    const { message, remedy } = await folder.refused(`lock: [${canary}\n`)
    assert.ok(!`${message}${remedy}`.includes(canary), message)
  })

  it('takes or refuses any text, and fails in no other way', () => {
    const line = fc
      .tuple(fc.constantFrom(...SETTING_KEYS, 'bitcoind', 'http', '&a x', '- '), fc.string())
      .map(([key, value]) => `${key}: ${value}`)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(line).map((lines) => lines.join('\n')),
          fc.json(),
        ),
        (text) => {
          try {
            parseConfigText(text, 'file')
          } catch (error) {
            assert.ok(error instanceof ConfigError, String(error))
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

/** The smallest file with this setting; JSON is YAML. */
function withSetting(key: string, value: unknown): string {
  const base: Record<string, unknown> = {
    data_dir: 'data',
    lock: 'lock',
    passphrase_file: 'p',
    'bitcoind.rpc_port': 1,
    'bitcoind.user': 'u',
    'bitcoind.password_file': '/p',
    'bitcoind.zmq.rawblock': 'tcp://a:1',
    'bitcoind.zmq.rawtx': 'tcp://a:1',
    'bitcoind.zmq.sequence': 'tcp://a:1',
    [key]: value,
  }
  const tree: Record<string, unknown> = {}
  for (const [path, setting] of Object.entries(base)) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    let at = tree
    for (const name of names) at = (at[name] ??= {}) as Record<string, unknown>
    at[last] = setting
  }
  return JSON.stringify(tree)
}
