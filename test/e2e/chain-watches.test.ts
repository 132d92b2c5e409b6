import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import * as fc from 'fast-check'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { Store } from '../../packages/node/src/index.ts'
import { readTold } from '../../packages/node/src/movements/index.ts'
import { Hand, move, type Move } from '../../packages/node/test/chain/support/hand.ts'
import type { Fact } from '../../packages/node/test/chain/support/knowledge.ts'
import { Oracle } from '../../packages/node/test/chain/support/oracle.ts'
import { PAID_SCRIPT } from '../../packages/node/test/chain/support/subjects.ts'
import { createCore } from '../../packages/protocol/src/index.ts'
import { fromCbor, toHex } from '../../packages/protocol/src/primitives/index.ts'
import { HEADER_INDEX } from '../../packages/runtime/src/index.ts'
import { useCluster } from '../support/cluster.ts'
import { verifier } from '../support/federation.ts'
import { TEST_LIMIT_MS, belfry, eventually } from '../support/watch.ts'

const LIVES = 5
const MOVES_A_LIFE = 12
const MAX_TOLD = 100_000

describe('a node that watches for wallets', function () {
  this.timeout(TEST_LIMIT_MS)
  const cluster = useCluster({ members: 3 })

  it('tells them what the chain did, once and in order, though it is killed again and again', async () => {
    const { regtest, members: [member] } = cluster()
    assert.ok(member !== undefined && member.bitcoind === regtest.node(0))
    const hand = new Hand(regtest)
    await hand.takeCoins()
    await member.stop()
    await watch(member, '--script', toHex(PAID_SCRIPT))
    for (const coin of hand.listed) await watch(member, '--outpoint', coin)

    const seed = randomInt(1_000_000)
    const lives = fc.sample(fc.array(move, { minLength: MOVES_A_LIFE, maxLength: MOVES_A_LIFE }), { numRuns: LIVES, seed })
    for (const moves of lives) await live(member, hand, moves)
    await hand.mineAll()
    await member.start()
    const best = await member.bitcoind.bitcoind.getBestBlockHash()
    await eventually('the tip', async () => (await member.api.status())?.chain.tip?.hash === best)
    await member.ready(0)
    await member.stop()
    await mustBeRight(member, hand, seed)
  })

  /** From a start to a death in the middle of what happens, and some more while it is dead. */
  async function live(member: Member, hand: Hand, moves: readonly Move[]): Promise<void> {
    await member.start()
    await member.ready(0)
    const last = randomInt(moves.length - 2)
    for (const one of moves.slice(0, last)) await hand.take(one)
    await member.kill()
    for (const one of moves.slice(last)) await hand.take(one)
  }

  async function watch(member: Member, kind: string, what: string): Promise<void> {
    const { exit, stderr } = await belfry('watch', 'add', '--config', member.files.config, kind, what)
    assert.equal(exit, 0, stderr)
  }

  async function mustBeRight({ index: self, files, bitcoind: { bitcoind } }: Member, { listed }: Hand, seed: number): Promise<void> {
    const { federation } = cluster()
    const core = createCore({ federation, self, owners: [], software: 'test' }, { ...verifier, sign: () => new Uint8Array(64) })
    const { store, log: { snapshot, entries } } = await Store.open(join(files.dataDir, 'store'))
    try {
      assert.equal(snapshot, null, 'all records are there')
      const facts = entries.filter(({ index }) => index !== HEADER_INDEX).flatMap(({ bytes }): Fact[] => {
        const record = fromCbor(core.record, bytes)
        return record.record === 'chain' && record.fact.event !== 'chain-health' ? [record.fact] : []
      })
      const oracle = new Oracle(bitcoind, { core: [], listed, scripts: [PAID_SCRIPT] })
      await oracle.checkFacts(facts)
      const told = await readTold(store, 0, MAX_TOLD)
      assert.deepEqual(told.map(({ seq }) => seq), told.map((_, i) => i + 1))
      assert.ok(told.some(({ movement }) => movement.event === 'payment-confirmed'), `there was something to tell (seed ${seed})`)
      await oracle.checkMovements(told.map(({ movement }) => movement), facts)
    } finally {
      await store.close()
    }
  }
})
