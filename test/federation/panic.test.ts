import assert from 'node:assert/strict'
import { order } from '../support/orders.ts'
import { Scene, emergencyTxid, transactionOf } from '../support/vaults.ts'

const ALL = [1, 2, 3, 4, 5]

async function scene(): Promise<Scene> {
  const made = await Scene.guarded()
  await made.connectMany(10)
  return made
}

describe('a panic, among five members', () => {
  it('told to one reaches all, and everybody submits the highest emergency transaction at once', async () => {
    const made = await scene()
    const { answers } = await order(made, { order: 'panic' })
    assert.deepEqual(answers.map((one) => one.answer === 'command' && one.state), ['accepted'])
    assert.equal(made.tells('command-taken').length, 5)
    assert.deepEqual(new Set(made.broadcast().map(({ member }) => member)), new Set(ALL))
    assert.ok(made.broadcast().every(({ txid, parent }) => txid === emergencyTxid(250) && !parent))
  })

  it('goes through with two of five down, and not with three', async () => {
    for (const [down, answered] of [[2, true], [3, false]] as const) {
      const made = await scene()
      for (let member = 1; member <= down; member++) made.members.down.add(made.index(member))
      await order(made, { order: 'panic' }, [5])
      await made.connect()
      assert.equal(made.broadcast().length > 0, answered, `${down} down`)
    }
  })

  it('is joined by a member that was down when it was called', async () => {
    const made = await scene()
    made.members.down.add(made.index(1))
    await order(made, { order: 'panic' }, [5])
    await made.connectMany(3)
    made.members.down.delete(made.index(1))
    for (const other of [2, 3, 4, 5]) made.members.step(made.index(1), { kind: 'peer', member: made.index(other), connected: true })
    for (let round = 0; round < 3; round++) {
      await made.members.pass(10_000)
      await made.connect()
    }
    assert.ok(made.broadcast().some(({ member }) => member === 1))
  })

  it('wipes what it opened when its transaction is buried, and what its log restores is what it is', async () => {
    const made = await scene()
    await order(made, { order: 'panic' })
    await made.connect([{ outpoint: made.deposit, tx: transactionOf('vault/emergency/250') }])
    await made.connectMany(99)
    assert.equal(made.tells('settled').length, 5)
    for (const member of ALL) {
      assert.deepEqual(made.members.custodyOf(member), { shares: 0, transactions: 0 })
      const { live, restored } = made.members.durableBytes(member)
      assert.deepEqual(restored, live)
    }
  })

  it('is answered before the theft of the deposit that it feared', async () => {
    const made = await scene()
    await order(made, { order: 'panic' })
    await made.members.chain({ event: 'spend-seen', outpoint: made.deposit, tx: transactionOf('vault/emergency/250') })
    await made.connect([{ outpoint: made.deposit, tx: transactionOf('vault/emergency/250') }])
    assert.deepEqual(made.tells('exposed'), [])
  })
})
