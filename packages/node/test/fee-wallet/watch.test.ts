import assert from 'node:assert/strict'
import { join } from 'node:path'
import { createFeeKey, KeystoreError, LEAST_COST, SecretBytes } from '@belfry/keystore'
import { type Millis, outpointOf, sats } from '@belfry/protocol/primitives'
import { loadFeeKeys } from '@belfry/vault'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { openFeeSigner } from '../../src/fee-wallet/key.ts'
import { ensureFeeWatch, feeWatchOf } from '../../src/fee-wallet/watch.ts'
import { readCoins } from '../../src/movements/rows.ts'
import { MAX_WATCHES } from '../../src/wallets/limits.ts'
import { WatchBook, WatchError } from '../../src/wallets/index.ts'
import { readWatches, riderOf } from '../../src/wallets/rows.ts'
import { newWatch } from '../../src/wallets/watch.ts'
import { WalletWatcher, StoredRows } from '../movements/support/wallet-watcher.ts'
import { temporaryDirectories } from '../store/support.ts'

const SEED = new Uint8Array(32).fill(3)
const NOW = 1_700_000_000_000 as Millis

async function testAccount() {
  return (await loadFeeKeys()).accountOf(SEED, 'regtest')
}

describe('the watch of the fee wallet', () => {
  const regtest = useRegtest(1)
  const newDirectory = temporaryDirectories()

  it('is put on the list once, and again where it was taken off', async () => {
    const store = new StoredRows()
    const account = await testAccount()
    const id = await ensureFeeWatch(store, account, null, NOW)
    assert.equal(await ensureFeeWatch(store, account, 5, NOW), id)
    const [watch, ...more] = await readWatches(store)
    assert.deepEqual([watch?.id, watch?.label, watch?.birth_height, more.length], [id, 'fee wallet', null, 0])
  })

  it('never makes the list longer than what can be read', async () => {
    const store = new StoredRows()
    const added = { network: 'regtest', label: '', added_at_ms: NOW, gap_limit: 0, birth_height: null, branches: 0 } as const
    await store.write(Array.from({ length: MAX_WATCHES }, (_, vout) => {
      const outpoint = outpointOf('ab'.repeat(32) as Parameters<typeof outpointOf>[0], vout)
      return riderOf(newWatch({ ...added, source: { kind: 'outpoint', outpoint } }))
    }))
    await assert.rejects(ensureFeeWatch(store, await testAccount(), null, NOW), (error) =>
      error instanceof WatchError && error.code === 'too-many-watches')
    assert.equal((await readWatches(store)).length, MAX_WATCHES)
  })

  it('finds payments on both branches by the chain watcher, and the next index', async () => {
    const account = await testAccount()
    await regtest().purse.fill()
    const watcher = new WalletWatcher(regtest().node(0))
    const id = await ensureFeeWatch(watcher.store, account, null, NOW)
    await watcher.start()
    const paths = [{ branch: 0, index: 0 }, { branch: 1, index: 6 }] as const
    const { outpoints } = await regtest().purse.fund(paths.map((path, i) => ({ script: account.scriptAt(path), value: sats(50_000 + i) })))
    await watcher.at(await regtest().node(0).bitcoind.getBestBlockHash())
    await watcher.stop()
    const book = await WatchBook.load(watcher.store, 'regtest')
    const watch = feeWatchOf(book, id)
    assert.deepEqual([watch.nextIndex(0), watch.nextIndex(1), watch.is_searching], [1, 7, false])
    const found = new Map<string, unknown>()
    for await (const { outpoint, row } of readCoins(watcher.store)) {
      if (row.received !== null) found.set(outpoint, [watch.pathOf(row.received.script), row.received.value])
    }
    assert.deepEqual(outpoints.map((outpoint) => found.get(outpoint)), [[paths[0], 50_000n], [paths[1], 50_001n]])
    assert.equal(watch.pathOf(account.scriptAt({ branch: 0, index: 500 })), null)
  })

  it('has the key of the file, none where there is none, and an error where it does not open', async () => {
    const path = join(await newDirectory(), 'fee-key.json')
    const passphrase = SecretBytes.from(new TextEncoder().encode('right'))
    assert.equal(await openFeeSigner({ path, passphrase, network: 'regtest' }), null)
    using key = await createFeeKey({ path, passphrase, cost: LEAST_COST })
    const keys = await loadFeeKeys()
    const signer = await openFeeSigner({ path, passphrase, network: 'regtest' })
    assert.equal(signer?.account.descriptor, key.use((seed) => keys.accountOf(seed, 'regtest')).descriptor)
    signer?.wipe()
    assert.throws(() => signer?.sign({ branch: 0, index: 0 }, new Uint8Array(32)), KeystoreError)
    const wrong = SecretBytes.from(new TextEncoder().encode('wrong'))
    await assert.rejects(openFeeSigner({ path, passphrase: wrong, network: 'regtest' }), KeystoreError)
  })
})
