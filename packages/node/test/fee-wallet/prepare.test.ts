import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createFeeKey, LEAST_COST, SecretBytes } from '@belfry/keystore'
import type { Millis } from '@belfry/protocol/primitives'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { Ledger } from '../../src/fee-wallet/ledger.ts'
import { prepareFeeWallet } from '../../src/fee-wallet/prepare.ts'
import { WatchBook } from '../../src/wallets/index.ts'
import { recorded } from '../logging/support.ts'
import { StoredRows } from '../movements/support/wallet-watcher.ts'
import { temporaryDirectories } from '../store/support.ts'
import { CONFIG } from './scene.ts'

describe('a fee wallet at the start of a node', () => {
  const regtest = useRegtest(1)
  const newDirectory = temporaryDirectories()

  async function scene(passphrase = 'right') {
    const directory = await newDirectory()
    const config = {
      passphrase_file: join(directory, 'passphrase'),
      allow_group_readable_passphrase: false,
      fee_wallet: { ...CONFIG, key_file: join(directory, 'fee-key.json') },
    }
    await writeFile(config.passphrase_file, passphrase, { mode: 0o600 })
    const store = new StoredRows()
    const log = recorded()
    const makeKey = async (): Promise<void> => {
      using right = SecretBytes.from(new TextEncoder().encode('right'))
      using _key = await createFeeKey({ path: config.fee_wallet.key_file, passphrase: right, cost: LEAST_COST })
    }
    const start = async () => {
      const prepared = await prepareFeeWallet({ config, network: 'regtest', store, now: () => 1 as Millis, logger: log.logger })
      const wallet = await prepared.open({
        bitcoind: regtest().node(0).bitcoind,
        transactions: { get: () => undefined },
        watches: await WatchBook.load(store, 'regtest'),
        openIncidents: () => new Set(),
        needs: () => ({ anyone_can_pay: true, anchored: true }),
        logger: log.logger,
      })
      const status = prepared.status(wallet)
      prepared[Symbol.dispose]()
      return status
    }
    return { store, makeKey, start }
  }

  it('is none where nobody made a key, and ready where somebody did', async () => {
    const { makeKey, start } = await scene()
    assert.deepEqual(await start(), { state: 'none' })
    await makeKey()
    assert.equal((await start()).state, 'ready')
  })

  it('keeps no node from starting where its key does not open', async () => {
    const { makeKey, start } = await scene('wrong')
    await makeKey()
    assert.equal((await start()).state, 'failed')
  })

  it('keeps no node from starting where its ledger cannot be read', async () => {
    const { store, makeKey, start } = await scene()
    await makeKey()
    await store.write([{ key: new Ledger(CONFIG).rider().key, value: Uint8Array.of(99) }])
    const status = await start()
    assert.ok(status.state === 'failed' && /ledger of the fee wallet/.test(status.message) && status.remedy.length > 0)
  })
})
