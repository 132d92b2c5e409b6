import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { BlockHash } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { type Movement, readTold } from '../../src/movements/index.ts'
import { Store } from '../../src/store/index.ts'
import { readWatches, riderOf } from '../../src/wallets/rows.ts'
import type { ChildOrders, Death } from '../chain/support/watching-child.ts'
import { temporaryDirectories } from '../store/support.ts'
import { watchOf } from '../wallets/support.ts'
import { History, type Written } from './support/history.ts'
import { TestWallet, type WalletCoin } from './support/wallet.ts'

const CHILD = join(import.meta.dirname, '../chain/support/watching-child.ts')
const OLD_BLOCKS = 40
/** Each of them dies by its own hand. */
const LIVES = 12
const GAP = 3

const lives = fc.array(fc.record<Death>({
  after: fc.nat(4),
  at: fc.constantFrom('rows', 'before-write', 'during-write', 'after-write'),
}), { minLength: LIVES, maxLength: LIVES })

describe('a search of old blocks whose process is killed', () => {
  const regtest = useRegtest(1)
  const newDirectory = temporaryDirectories()
  let wallets = 0

  /** Until it is dead, or has come to its end. @returns how it ended */
  async function live(orders: ChildOrders): Promise<'killed' | 'ended'> {
    const child = spawn(process.execPath, ['--conditions=source', CHILD, JSON.stringify(orders)], { stdio: ['ignore', 'ignore', 'inherit'] })
    await once(child, 'exit')
    if (child.signalCode === 'SIGKILL') return 'killed'
    assert.equal(child.exitCode, 0)
    return 'ended'
  }

  it('has told every payment and every spend once, those of old blocks in chain order', async () => {
    await fc.assert(fc.asyncProperty(lives, async (deaths) => {
      const history = new History(regtest(), new TestWallet(`killed ${wallets += 1}`), () => {})
      await history.prepare(OLD_BLOCKS + LIVES)
      const expected: string[] = []
      const [from, before] = await past(history, expected)
      const { rpcPort, cookieFile, zmq, bitcoind } = regtest().node(0)
      const dir = join(await newDirectory(), 'store')
      const { store } = await Store.open(dir)
      await store.write([riderOf(await watchOf(history.wallet.descriptor, { birth_height: from, gap_limit: GAP }))])
      await store.close()

      const orders = { store: dir, rpcPort, cookieFile, zmq, watched: [], writesApart: true }
      let killed = 0
      for (const [i, dies] of deaths.entries()) {
        const until: BlockHash = await bitcoind.getBestBlockHash()
        if (await live({ ...orders, dies, until }) === 'killed') killed += 1
        // What comes while it is down, the follower tells.
        if (i % 3 !== 0) continue
        const paid = history.payment('late', { branch: 0, index: 0 })
        const height = await history.block(paid)
        note(expected, paid, height)
      }
      assert.equal(await live({ ...orders, dies: null, until: await bitcoind.getBestBlockHash() }), 'ended')
      assert.ok(killed > LIVES / 2, `${killed} were killed`)

      const { store: left } = await Store.open(dir)
      try {
        const told = await readTold(left, 0, 10_000)
        assert.deepEqual(told.map(({ seq }) => seq), told.map((_, i) => i + 1))
        const facts = told.map(({ movement }) => factOf(movement))
        assert.deepEqual(facts.toSorted(), expected.toSorted())
        const old = told.flatMap(({ movement }) => ('block' in movement && movement.block.height <= before ? [movement.block.height] : []))
        assert.deepEqual(old, old.toSorted((a, b) => a - b))
        const [watch] = await readWatches(left)
        assert.equal(watch?.scan.state, 'done')
      } finally {
        await left.close()
      }
    }), { numRuns: 1, endOnFailure: true })
  }).timeout(120_000)

  /** Every block pays the next index, so that each is found only by way of those before; every other coin is spent again. */
  async function past(history: History, expected: string[]): Promise<[from: number, to: number]> {
    let from = 0
    let to = 0
    let unspent: WalletCoin | null = null
    for (let i = 0; i < OLD_BLOCKS; i++) {
      const paid = history.payment(`${i}`, { branch: 0, index: i + GAP - 1 })
      const spent: Written | null = unspent === null ? null : await history.spend(`spent ${i}`, unspent)
      to = await history.block(paid, ...spent === null ? [] : [spent])
      if (i === 0) from = to
      note(expected, paid, to)
      if (unspent !== null) expected.push(`spend-confirmed ${unspent.outpoint} ${to}`)
      unspent = unspent === null ? paid.coins[0] ?? null : null
    }
    return [from, to]
  }

  function note(expected: string[], { coins }: Written, height: number): void {
    for (const { outpoint } of coins) expected.push(`payment-confirmed ${outpoint} ${height}`)
  }
})

function factOf(movement: Movement): string {
  const outpoint = 'payment' in movement ? movement.payment.outpoint : movement.outpoint
  return `${movement.event} ${outpoint} ${'block' in movement ? movement.block.height : ''}`
}
