import assert from 'node:assert/strict'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { readWatches } from '../../src/wallets/rows.ts'
import { WalletWatcher } from '../movements/support/wallet-watcher.ts'
import { watchOf } from '../wallets/support.ts'
import { History } from './support/history.ts'
import { TestWallet } from './support/wallet.ts'

/** bitcoind keeps the last 288 blocks whatever it is told, and forgets whole files, of some hundred blocks each. */
const BLOCKS = 900
const WANTED = 500

describe('a search of old blocks, of which bitcoind has pruned some', () => {
  const regtest = useRegtest(1, () => ['-txindex=0', '-prune=1', '-fastprune'])

  it('says loudly which, and finds what is in the others', async () => {
    const { bitcoind, zmq } = regtest().node(0)
    const watcher = new WalletWatcher({ bitcoind, zmq })
    const history = new History(regtest(), new TestWallet('pruned'), (names) => watcher.call(names))
    await history.prepare(4)
    const at = await history.block(history.payment('unseen', { branch: 0, index: 0 }))
    await regtest().mine(0, BLOCKS)
    const seen = await history.block(history.payment('a', { branch: 0, index: 1 }))
    await bitcoind.rpc.call('pruneblockchain', [at + WANTED])
    const { pruneHeight } = await bitcoind.getBlockchainInfo()
    assert.ok(pruneHeight !== null && pruneHeight > at)
    const watch = await watchOf(history.wallet.descriptor, { birth_height: at })
    await watcher.add(watch)
    await watcher.start()
    try {
      await watcher.searched()
      await watcher.expect(`payment-confirmed 0/1 a ${seen}`)
      const loud = watcher.log.lines().filter(({ level }) => level === 'error')
      assert.deepEqual(loud.map(({ event, from, to, watches }) => ({ event, from, to, watches })), [
        { event: 'rescan-blocks-pruned', from: at, to: pruneHeight - 1, watches: [watch.id] },
      ])
      const [stored] = await readWatches(watcher.store)
      assert.deepEqual([stored?.scan.state, stored?.unseen_below], ['done', pruneHeight])
    } finally {
      await watcher.stop()
    }
  })
})
