import assert from 'node:assert/strict'
import { broadcasterOrder, incidentIdOf } from '../../packages/protocol/src/index.ts'
import { SECOND_WAVE_AFTER_MS } from '../../packages/protocol/src/state/volatile.ts'
import { sha256 } from '../../packages/keystore/src/index.ts'
import { CSV, Scene, blockAt, clawbackTxid, emergencyTxid, transactionOf } from '../support/vaults.ts'

function order(scene: Scene): number[] {
  const { federation } = scene.setting
  const [vault_id] = scene.members.state(1).durable.vaults.keys()
  assert.ok(vault_id)
  const members = federation.members.map(({ index }) => index)
  return broadcasterOrder({ sha256 }, federation.lock_hash, incidentIdOf({ sha256 }, vault_id, 'theft'), members)
}

describe('a theft, among five members', () => {
  it('is voted for at sight, and no share leaves before the unvault has one confirmation', async () => {
    const scene = await Scene.guarded()
    await scene.theftSeen()
    assert.equal(scene.tells('voted').length, 5)
    assert.equal(scene.tells('certified').length, 5)
    assert.deepEqual(scene.tells('share-released'), [])
    assert.deepEqual(scene.broadcast(), [])
  })

  it('is answered with the lowest rung by the first in the order, a moment later by b+1, once the unvault is confirmed', async () => {
    const scene = await Scene.guarded()
    await scene.theftSeen()
    await scene.theftConfirmed()
    assert.deepEqual(scene.broadcast().map(({ member }) => member), order(scene).slice(0, 1))
    await scene.members.pass(SECOND_WAVE_AFTER_MS)
    assert.deepEqual(new Set(scene.broadcast().map(({ member }) => member)), new Set(order(scene).slice(0, 2)))
    assert.ok(scene.broadcast().every(({ txid, parent }) => txid === clawbackTxid(2) && !parent))
  })

  it('is answered in the mempool, as a package, where the owner chose to', async () => {
    const scene = await Scene.guarded({ vault: { act_at: 'mempool' } })
    await scene.theftSeen()
    await scene.members.pass(SECOND_WAVE_AFTER_MS)
    assert.equal(scene.broadcast().length, 2)
    assert.ok(scene.broadcast().every(({ txid, parent }) => txid === clawbackTxid(2) && parent))
  })

  it('leaves no share in memory where the answer is rebuilt, nor one that comes later', async () => {
    const scene = await Scene.guarded({ vault: { act_at: 'mempool' } })
    await scene.theftSeen()
    await scene.members.pass(SECOND_WAVE_AFTER_MS)
    const broadcasters = order(scene).slice(0, 2)
    for (const member of broadcasters) {
      assert.ok(scene.tells('share-held').filter(({ by }) => by === member).length > 3, 'more came than it needed')
      assert.deepEqual(scene.members.custodyOf(member), { shares: 0, transactions: 1 })
    }
  })

  it('is answered although it was never seen in a mempool', async () => {
    const scene = await Scene.guarded()
    await scene.theftConfirmed()
    await scene.members.pass(SECOND_WAVE_AFTER_MS)
    assert.equal(scene.broadcast().length, 2)
  })

  it('is answered with two of five down, and not with three', async () => {
    for (const [down, answered] of [[2, true], [3, false]] as const) {
      const scene = await Scene.guarded()
      for (let member = 1; member <= down; member++) scene.members.down.add(scene.index(member))
      await scene.theftConfirmed()
      for (let block = 0; block < 3; block++) {
        await scene.members.pass(10_000)
        await scene.connect()
      }
      assert.equal(scene.broadcast().length > 0, answered, `${down} down`)
    }
  })

  it('widens to all members when a block passes without an answer', async () => {
    const scene = await Scene.guarded()
    await scene.theftConfirmed()
    await scene.members.pass(SECOND_WAVE_AFTER_MS)
    assert.equal(new Set(scene.broadcast().map(({ member }) => member)).size, 2)
    await scene.connect()
    assert.equal(new Set(scene.broadcast().map(({ member }) => member)).size, 5)
  })

  it('stays with the first members while their answer is in the mempool', async () => {
    const scene = await Scene.guarded()
    await scene.theftConfirmed()
    await scene.members.pass(SECOND_WAVE_AFTER_MS)
    await scene.recoverySeen(2)
    await scene.connect()
    assert.equal(new Set(scene.broadcast().map(({ member }) => member)).size, 2)
  })

  it('climbs to the top rung by half the window', async () => {
    const scene = await Scene.guarded()
    await scene.theftConfirmed()
    for (const [blocks, rate] of [[CSV / 6, 10], [CSV / 6, 50], [CSV / 6, 250]] as const) {
      await scene.connectMany(blocks)
      assert.equal(scene.broadcast().at(-1)?.txid, clawbackTxid(rate))
    }
  })

  it('is sent again with each block until it is confirmed, then no more', async () => {
    const scene = await Scene.guarded()
    await scene.theftConfirmed()
    await scene.members.pass(SECOND_WAVE_AFTER_MS)
    const before = scene.broadcast().length
    await scene.recoverySeen(2)
    await scene.connect()
    assert.equal(scene.broadcast().length, before + 2)
    await scene.connect([{ outpoint: scene.unvaulted, tx: transactionOf('vault/clawback/2') }])
    const confirmed = scene.broadcast().length
    await scene.connect()
    assert.equal(scene.broadcast().length, confirmed)
  })

  it('is settled a hundred blocks deep, and its shares are forgotten', async () => {
    const scene = await Scene.guarded()
    await scene.theftConfirmed()
    await scene.connect([{ outpoint: scene.unvaulted, tx: transactionOf('vault/clawback/2') }])
    await scene.connectMany(98)
    assert.deepEqual(scene.tells('settled'), [])
    await scene.connect()
    assert.equal(scene.tells('settled').length, 5)
    assert.ok(scene.tells('settled').every(({ level }) => level === 'warn'))
    assert.equal(scene.members.state(1).volatile.gatherings.size, 0)
  })

  it('is sent again when a reorganisation undoes the clawback', async () => {
    const scene = await Scene.guarded()
    await scene.theftConfirmed()
    const recovery = transactionOf('vault/clawback/2')
    await scene.connect([{ outpoint: scene.unvaulted, tx: recovery }])
    const before = scene.broadcast().length
    const { position } = scene.members.state(1).durable
    assert.ok(position)
    await scene.members.chain({ event: 'spend-unconfirmed', outpoint: scene.unvaulted, txid: recovery.txid, block: position })
    assert.ok(scene.broadcast().length > before)
  })

  it('leaves the vault exposed where the trigger vanished after shares had left, and not before', async () => {
    for (const act_at of ['mempool', 'confirmation'] as const) {
      const scene = await Scene.guarded({ vault: { act_at } })
      await scene.theftSeen()
      await scene.members.chain({ event: 'spend-evicted', outpoint: scene.deposit, txid: scene.vault.unvault.txid })
      await scene.connect()
      assert.equal(scene.tells('exposed').length, act_at === 'mempool' ? 5 : 0, act_at)
    }
  })
})

describe('the durable state of a member', () => {
  it('is what its log restores, through a theft, a reorganisation and a recovery', async () => {
    const scene = await Scene.guarded()
    await scene.theftSeen()
    await scene.theftConfirmed()
    await scene.recoverySeen(2)
    await scene.connect([{ outpoint: scene.unvaulted, tx: transactionOf('vault/clawback/2') }])
    const { position } = scene.members.state(1).durable
    assert.ok(position)
    const previous = blockAt(position.height - 1).hash
    await scene.members.chain({ event: 'block-disconnected', block: position, previous })
    for (let member = 1; member <= 5; member++) {
      const { live, restored } = scene.members.durableBytes(member)
      assert.deepEqual(restored, live)
    }
  })
})

describe('a theft of the deposit itself', () => {
  it('is answered at sight with the highest emergency rung by whoever can open it', async () => {
    const scene = await Scene.guarded()
    await scene.members.chain({ event: 'spend-seen', outpoint: scene.deposit, tx: transactionOf('thief') })
    await scene.members.pass(SECOND_WAVE_AFTER_MS)
    assert.equal(scene.broadcast().length, 2)
    assert.equal(scene.broadcast()[0]?.txid, emergencyTxid(250))
    assert.ok(scene.broadcast().every(({ parent }) => !parent))
  })

  it('is settled as lost when it is buried, loudly', async () => {
    const scene = await Scene.guarded()
    await scene.connect([{ outpoint: scene.deposit, tx: transactionOf('thief') }])
    await scene.connectMany(99)
    assert.equal(scene.tells('settled').length, 5)
    assert.ok(scene.tells('settled').every(({ level }) => level === 'error'))
    assert.equal(scene.tells('exposed').length, 5)
  })
})
