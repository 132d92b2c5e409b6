import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig, printConfig, SETTING_KEYS, variableOf, flagOf } from '../../src/config/index.ts'
import { type ConfigFolder, MINIMAL, configFolder } from './support.ts'

describe('the configuration', () => {
  let folder: ConfigFolder
  before(async () => {
    folder = await configFolder()
  })
  after(() => folder.remove())

  it('needs five settings and has a default for every other', async () => {
    const { config } = await folder.load(MINIMAL)
    assert.deepEqual(config, {
      data_dir: join(folder.dir, 'data'),
      lock: join(folder.dir, 'federation.lock.json'),
      previous_locks: [],
      keystore: join(folder.dir, 'data/node-keys.json'),
      passphrase_file: join(folder.dir, 'secrets/passphrase'),
      allow_group_readable_passphrase: false,
      bitcoind: {
        host: '127.0.0.1',
        rpc_port: 8332,
        credentials: { cookie_file: '/var/lib/bitcoind/.cookie' },
        zmq: null,
      },
      listen: [],
      http: { host: '127.0.0.1', port: 9741, allow_remote: false },
      owners: [],
      fee_wallet: {
        key_file: join(folder.dir, 'data/fee-key.json'),
        birth_height: null,
        max_sat_per_incident: 1_000_000,
        max_sat_per_window: 3_000_000,
        window_blocks: 1_008,
        split_max_sat_vb: 10,
      },
      log: { level: 'info', file: null },
    })
  })

  for (const key of ['data_dir', 'lock', 'passphrase_file', '  rpc_port', '  cookie_file']) {
    it(`refuses to go without ${key.trim()}`, async () => {
      const text = MINIMAL.split('\n')
        .filter((line) => !line.startsWith(`${key}:`))
        .join('\n')
      assert.equal((await folder.refused(text)).code, 'missing-value')
    })
  }

  it('takes every setting from the file', async () => {
    const { config, origins } = await folder.load(`
data_dir: /var/lib/belfry
lock: /etc/belfry/federation.lock.json
previous_locks: [epochs/0.json, /etc/belfry/1.json]
keystore: /etc/belfry/keys.json
passphrase_file: /run/secrets/passphrase
allow_group_readable_passphrase: true
bitcoind:
  host: bitcoind.internal
  rpc_port: 18443
  user: belfry
  password_file: /run/secrets/rpc
  zmq: {rawblock: 'tcp://10.0.0.1:28332', rawtx: 'tcp://[::1]:28333', sequence: 'tcp://bitcoind.internal:28334'}
listen: [/ip4/0.0.0.0/tcp/9740, /ip6/::/tcp/9740]
http: {host: 0.0.0.0, port: 0, allow_remote: true}
owners: [cards/owner.json, /etc/belfry/other.json]
fee_wallet: {key_file: fees.json, birth_height: 800000, max_sat_per_incident: 0, max_sat_per_window: 5, window_blocks: 1, split_max_sat_vb: 0}
log: {level: debug, file: belfry.log}
`)
    assert.deepEqual(config.bitcoind, {
      host: 'bitcoind.internal',
      rpc_port: 18443,
      credentials: { user: 'belfry', password_file: '/run/secrets/rpc' },
      zmq: { rawblock: 'tcp://10.0.0.1:28332', rawtx: 'tcp://[::1]:28333', sequence: 'tcp://bitcoind.internal:28334' },
    })
    assert.deepEqual(config.http, { host: '0.0.0.0', port: 0, allow_remote: true })
    assert.deepEqual(config.owners, [join(folder.dir, 'cards/owner.json'), '/etc/belfry/other.json'])
    assert.deepEqual(config.previous_locks, [join(folder.dir, 'epochs/0.json'), '/etc/belfry/1.json'])
    assert.deepEqual(config.log, { level: 'debug', file: join(folder.dir, 'belfry.log') })
    assert.deepEqual(config.fee_wallet, {
      key_file: join(folder.dir, 'fees.json'),
      birth_height: 800_000,
      max_sat_per_incident: 0,
      max_sat_per_window: 5,
      window_blocks: 1,
      split_max_sat_vb: 0,
    })
    assert.equal(config.allow_group_readable_passphrase, true)
    assert.equal(config.keystore, '/etc/belfry/keys.json')
    const unset = SETTING_KEYS.filter((key) => origins[key].origin !== 'file')
    assert.deepEqual(unset, ['bitcoind.cookie_file'])
  })

  it('takes flags before the environment before the file before the default', async () => {
    const file = `${MINIMAL}http: {port: 1}\n`
    const env = { BELFRY_HTTP_PORT: '2' }
    const flags = { 'http.port': '3' }
    const portOf = async (options: Parameters<ConfigFolder['load']>[1], text = file) => {
      const { config, origins } = await folder.load(text, options)
      return [config.http.port, origins['http.port'].origin]
    }
    assert.deepEqual(await portOf({ env, flags }), [3, 'flag'])
    assert.deepEqual(await portOf({ env }), [2, 'environment'])
    assert.deepEqual(await portOf({}), [1, 'file'])
    assert.deepEqual(await portOf({}, MINIMAL), [9741, 'default'])
  })

  it('reads every kind of value from the environment', async () => {
    const { config } = await loadConfig({
      file: null,
      cwd: '/srv',
      env: {
        BELFRY_DATA_DIR: 'data',
        BELFRY_LOCK: '/lock',
        BELFRY_PASSPHRASE_FILE: '/passphrase',
        BELFRY_ALLOW_GROUP_READABLE_PASSPHRASE: 'true',
        BELFRY_BITCOIND_RPC_PORT: '8332',
        BELFRY_BITCOIND_COOKIE_FILE: '/cookie',
        BELFRY_BITCOIND_ZMQ_RAWBLOCK: 'tcp://127.0.0.1:1',
        BELFRY_BITCOIND_ZMQ_RAWTX: 'tcp://127.0.0.1:1',
        BELFRY_BITCOIND_ZMQ_SEQUENCE: 'tcp://127.0.0.1:1',
        BELFRY_LISTEN: '/ip4/0.0.0.0/tcp/1, /ip4/0.0.0.0/tcp/2',
        BELFRY_OWNERS: 'a.json,/b.json',
        BELFRY_LOG_LEVEL: 'warn',
      },
    })
    assert.equal(config.data_dir, '/srv/data')
    assert.equal(config.keystore, '/srv/data/node-keys.json')
    assert.equal(config.allow_group_readable_passphrase, true)
    assert.equal(config.bitcoind.rpc_port, 8332)
    assert.deepEqual(config.bitcoind.zmq?.rawtx, 'tcp://127.0.0.1:1')
    assert.deepEqual(config.listen, ['/ip4/0.0.0.0/tcp/1', '/ip4/0.0.0.0/tcp/2'])
    assert.deepEqual(config.owners, ['/srv/a.json', '/b.json'])
    assert.equal(config.log.level, 'warn')
  })

  it('takes paths in the file from its folder, all others from the working directory', async () => {
    const flags = { lock: 'x/lock.json' }
    const { config } = await folder.load(MINIMAL, { flags, env: { BELFRY_PASSPHRASE_FILE: 'passphrase' } })
    assert.equal(config.lock, '/elsewhere/x/lock.json')
    assert.equal(config.passphrase_file, '/elsewhere/passphrase')
    assert.equal(config.data_dir, join(folder.dir, 'data'))
  })

  it('finds a relative path of the file itself from the working directory', async () => {
    await folder.load(MINIMAL)
    const { config } = await loadConfig({ file: 'belfry.yaml', cwd: folder.dir })
    assert.equal(config.data_dir, join(folder.dir, 'data'))
  })

  it('takes typed flags as they are', async () => {
    const { config } = await folder.load(MINIMAL, {
      flags: { 'http.port': 0, 'http.allow_remote': true, owners: ['/a'] },
    })
    assert.deepEqual([config.http.port, config.http.allow_remote, config.owners], [0, true, ['/a']])
  })

  it('takes an empty variable and a missing flag as not set', async () => {
    const { origins } = await folder.load(MINIMAL, { env: { BELFRY_LOG_LEVEL: '' }, flags: { 'log.level': undefined } })
    assert.equal(origins['log.level'].origin, 'default')
  })

  it('takes a heading without settings as not set', async () => {
    const { config } = await folder.load(`${MINIMAL}  zmq:\nhttp:\nlisten:\nlog:\n  file:\n`)
    assert.deepEqual([config.bitcoind.zmq, config.http.port, config.listen, config.log.file], [null, 9741, [], null])
  })

  it('names the variables of its own name that set nothing', async () => {
    const { ignored } = await folder.load(MINIMAL, {
      env: { BELFRY_HTPP_PORT: '1', BELFRY_HTTP_PORT: '1', HOME: '/root' },
    })
    assert.deepEqual(ignored, ['BELFRY_HTPP_PORT'])
  })

  it('gives every setting a variable and a flag of its own', () => {
    assert.equal(variableOf('bitcoind.rpc_port'), 'BELFRY_BITCOIND_RPC_PORT')
    assert.equal(flagOf('bitcoind.rpc_port'), '--bitcoind-rpc-port')
    assert.equal(new Set(SETTING_KEYS.map(variableOf)).size, SETTING_KEYS.length)
    assert.equal(new Set(SETTING_KEYS.map(flagOf)).size, SETTING_KEYS.length)
  })

  it('prints every setting with its origin, and no user name', async () => {
    const text = MINIMAL.replace('cookie_file: /var/lib/bitcoind/.cookie', 'user: hidden-name\n  password_file: rpc')
    const printed = printConfig(await folder.load(text, { flags: { listen: '/ip4/127.0.0.1/tcp/1' } }))
    assert.deepEqual(
      printed.map(({ key }) => key),
      SETTING_KEYS,
    )
    const byKey = new Map(printed.map((one) => [one.key, one]))
    assert.deepEqual(byKey.get('bitcoind.user'), { key: 'bitcoind.user', value: '[redacted]', origin: 'file' })
    assert.deepEqual(byKey.get('listen'), { key: 'listen', value: ['/ip4/127.0.0.1/tcp/1'], origin: 'flag' })
    assert.deepEqual(byKey.get('bitcoind.cookie_file'), { key: 'bitcoind.cookie_file', value: null, origin: 'default' })
    const keystore = { key: 'keystore', value: join(folder.dir, 'data/node-keys.json'), origin: 'default' }
    assert.deepEqual(byKey.get('keystore'), keystore)
    assert.ok(!JSON.stringify(printed).includes('hidden-name'))
  })

  it('says why a file cannot be read', async () => {
    await mkdir(join(folder.dir, 'folder'))
    for (const [name, reason] of [
      ['missing.yaml', 'ENOENT'],
      ['folder', 'EISDIR'],
    ] as const) {
      const file = join(folder.dir, name)
      await assert.rejects(loadConfig({ file, cwd: '/' }), {
        code: 'file-unreadable',
        message: `the configuration file ${file} cannot be read (${reason})`,
      })
    }
  })
})
