import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import type { FeeWalletView } from '@belfry/node'
import { sats } from '@belfry/client'
import { findFreePorts } from '@belfry/client/regtest'
import { scriptOfAddress } from '../../../vault/src/index.ts'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { belfry, refusal, result } from '../support/belfry.ts'
import { holdCeremony } from '../support/ceremony.ts'
import { NodeProcess } from '../support/nodes.ts'
import { workspace } from '../support/workspace.ts'

const LIMIT_MS = 60_000

describe('belfry node fees, with a node and a bitcoind', function () {
  this.timeout(180_000)
  const space = workspace()
  const regtest = useRegtest(1)
  let node: NodeProcess
  let data = ''

  before(async () => {
    const { listen, http } = await findFreePorts(['listen', 'http'])
    const ceremony = await holdCeremony(space, { members: 3 })
    data = ceremony.data[0] ?? assert.fail()
    node = await NodeProcess.configure({
      data,
      lock: ceremony.lock,
      passphrase: space.passphrase,
      listen: `/ip4/127.0.0.1/tcp/${listen}`,
      httpPort: http,
      owners: [],
      bitcoind: regtest().node(0),
    })
    await regtest().purse.fill()
  })
  after(() => node.stop('SIGKILL'))

  async function shown(): Promise<FeeWalletView | null> {
    const { code, stdout } = await belfry(['node', 'fees', 'show', '--config', node.config, '--json'])
    return code === 0 ? (JSON.parse(stdout) as { result: FeeWalletView }).result : null
  }

  function until(what: string, is: (view: FeeWalletView) => boolean): Promise<FeeWalletView> {
    return node.until(what, LIMIT_MS, async () => {
      const view = await shown()
      return view !== null && is(view) && view
    })
  }

  it('says that there is none, where nobody made its key', async () => {
    await node.start()
    const view = await until('an answer', () => true)
    assert.deepEqual([view.state, view.next_address, view.warnings], ['none', null, []])
    const { stdout } = await belfry(['node', 'fees', 'show', '--config', node.config])
    assert.match(stdout, /no fee wallet, and guards no vault that needs one/)
    await node.stop()
  })

  it('makes the key once, for its owner alone', async () => {
    const made = await result<{ file: string; first_address: string; descriptor: string }>(['node', 'fees', 'create', '--config', node.config])
    assert.equal(made.file, `${data}/fee-key.json`)
    assert.equal((await stat(made.file)).mode & 0o777, 0o600)
    assert.match(made.first_address, /^bcrt1q/)
    const before = await readFile(made.file, 'utf8')
    assert.equal((await refusal(3, ['node', 'fees', 'create', '--config', node.config])).code, 'file-exists')
    assert.equal(await readFile(made.file, 'utf8'), before)
    await node.start()
    const view = await until('the wallet', ({ state, height }) => state === 'ready' && height !== null)
    assert.deepEqual([view.next_address, view.descriptor], [made.first_address, made.descriptor])
    assert.equal(view.reserve_sats, 0)
  })

  it('finds a payment, splits it once it is confirmed, and shows the next address', async () => {
    const { next_address } = await until('the wallet', ({ state }) => state === 'ready')
    assert.ok(next_address !== null)
    await regtest().purse.fund([{ script: scriptOfAddress(next_address, 'regtest'), value: sats(3_000_000) }])
    const split = await until('a split', ({ coins }) => coins.some(({ status }) => status === 'spending'))
    assert.notEqual(split.next_address, next_address)
    await regtest().mine(0, 1)
    const view = await until('its coins', ({ coins }) => coins.length > 1 && coins.every(({ status }) => status === 'confirmed'))
    assert.ok(view.reserve_sats > 2_990_000 && view.reserve_sats < 3_000_000, `${view.reserve_sats}`)
    assert.ok(view.carries.anchored_sat_vb >= 1_000 && view.carries.anyone_can_pay_sat_vb >= 1_000)
    const { stdout } = await belfry(['node', 'fees', 'show', '--config', node.config])
    assert.match(stdout, /carries +A at \d+/)
    assert.match(stdout, new RegExp(` ${view.coins.length} coins at block`))
  })

  it('knows its coins again after a restart, and does not split them again', async () => {
    const before = await shown()
    await node.stop()
    await node.start()
    const view = await until('its coins', ({ coins }) => coins.length === before?.coins.length)
    assert.equal(view.reserve_sats, before?.reserve_sats)
    assert.ok(view.budget.spent_in_window_sats > 0)
    await regtest().mine(0, 1)
    const later = await until('a look at the next block', ({ height }) => (height ?? 0) > (view.height ?? 0))
    assert.deepEqual(later.coins.map(({ status }) => status), view.coins.map(() => 'confirmed'))
  })

  it('runs without it where the key does not open, and says why', async () => {
    await node.stop()
    const path = `${data}/fee-key.json`
    const content = await readFile(path, 'utf8')
    await writeFile(path, content.replace(/"ciphertext": ?"../, (start) => `${start.slice(0, -2)}${start.endsWith('00') ? '11' : '00'}`))
    await node.start()
    const view = await until('an answer', ({ state }) => state === 'failed')
    assert.equal(view.warnings[0]?.warning, 'failed')
    await writeFile(path, content)
  })
})
