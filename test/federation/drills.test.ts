import assert from 'node:assert/strict'
import { decodeManifest } from '../../packages/protocol/src/index.ts'
import { SECOND_WAVE_AFTER_MS } from '../../packages/protocol/src/state/volatile.ts'
import { drillAt, order } from '../support/orders.ts'
import { Scene } from '../support/vaults.ts'

const ALL = [1, 2, 3, 4, 5]
const plain = (level: number) => ({ order: 'drill' as const, level, held_back: [], trial: null })

async function scene(): Promise<Scene> {
  const made = await Scene.guarded()
  await made.connectMany(10)
  return made
}

/** No share moved but the drill envelope's, and none is left in memory. */
function onlyTheDrillMoved(made: Scene): void {
  assert.ok(made.bundle)
  const { envelope_id } = decodeManifest(made.bundle.manifest.bytes).drill
  for (const event of ['share-released', 'share-held', 'rebuilt']) {
    assert.ok(made.tells(event).every((tell) => tell.envelope_id === envelope_id), event)
  }
  assert.deepEqual(made.broadcast(), [])
  for (const member of ALL) assert.deepEqual(made.members.custodyOf(member), { shares: 0, transactions: 0 })
}

describe('a drill of the shares, among five members', () => {
  it('passes when every member opened every share, and says who did', async () => {
    const made = await scene()
    const given = await order(made, plain(2))
    for (const member of ALL) {
      const { status, reports } = await drillAt(made, member, given)
      assert.equal(status, 'passed')
      assert.deepEqual(reports, ALL.map((from) => ({ from, result: 'good' })))
    }
    assert.deepEqual(made.tells('share-released'), [])
    onlyTheDrillMoved(made)
  })

  it('runs on while a member is down, and is abandoned after a day', async () => {
    const made = await scene()
    made.members.down.add(made.index(3))
    const given = await order(made, plain(2))
    assert.equal((await drillAt(made, 1, given)).status, 'running')
    await made.connectMany(144)
    assert.equal((await drillAt(made, 1, given)).status, 'abandoned')
  })
})

describe('a rehearsal, among five members', () => {
  it('is voted for, certified, released and rebuilt by b+1, and moves nothing else', async () => {
    const made = await scene()
    const given = await order(made, plain(4))
    await made.members.pass(SECOND_WAVE_AFTER_MS)
    for (const member of ALL) {
      const { status, reports } = await drillAt(made, member, given)
      assert.equal(status, 'passed')
      assert.ok(reports.length >= 2 && reports.every(({ result }) => result === 'rebuilt'))
    }
    assert.equal(made.tells('certified').length, 5)
    onlyTheDrillMoved(made)
  })

  it('can be held again and again', async () => {
    const made = await scene()
    for (let at = 0; at < 3; at++) {
      const given = await order(made, plain(4))
      await made.members.pass(SECOND_WAVE_AFTER_MS)
      assert.equal((await drillAt(made, 2, given)).status, 'passed')
    }
    onlyTheDrillMoved(made)
  })

  it('with two held back goes through without them, and fails with three', async () => {
    for (const [held, status] of [[2, 'passed'], [3, 'failed']] as const) {
      const made = await scene()
      const held_back = ALL.slice(0, held).map((member) => made.index(member))
      const given = await order(made, { ...plain(5), held_back })
      await made.members.pass(SECOND_WAVE_AFTER_MS)
      if (status === 'failed') await made.connectMany(144)
      const told = await drillAt(made, 4, given)
      assert.equal(told.status, status)
      assert.ok(told.reports.every(({ from }) => !held_back.includes(from)))
      assert.ok(made.tells('voted').every(({ by }) => !held_back.includes(by)))
      onlyTheDrillMoved(made)
    }
  })

  it('gets through with the first broadcasters down, when a block has passed', async () => {
    for (const down of [[1, 2], [2, 4], [3, 5]]) {
      const made = await scene()
      for (const member of down) made.members.down.add(made.index(member))
      const up = ALL.find((member) => !down.includes(member)) ?? 1
      const given = await order(made, plain(4), [up])
      await made.members.pass(SECOND_WAVE_AFTER_MS)
      await made.connectMany(2)
      assert.equal((await drillAt(made, up, given)).status, 'passed', `${down.join()} down`)
    }
  })

  it('finds a member whose shares do not open to others, and passes without it', async () => {
    const made = await scene()
    made.members.spoilSharesOf(made.index(2))
    const given = await order(made, plain(4))
    await made.members.pass(SECOND_WAVE_AFTER_MS)
    await made.connectMany(2)
    assert.equal((await drillAt(made, 1, given)).status, 'passed')
    assert.ok(made.tells('bad-share').every(({ member }) => member === 2))
  })

  it('leaves the durable state what its log restores', async () => {
    const made = await scene()
    await order(made, plain(4))
    await made.members.pass(SECOND_WAVE_AFTER_MS)
    for (const member of ALL) {
      const { live, restored } = made.members.durableBytes(member)
      assert.deepEqual(restored, live)
    }
  })
})
