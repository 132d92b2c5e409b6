import assert from 'node:assert/strict'
import { SECURED_DEPTH, SETTLED_DEPTH, VOTE_RENEWAL, incidentStatus } from '../../src/index.ts'
import type { MemberIndex } from '../../src/primitives/index.ts'
import { SECOND_WAVE_AFTER_MS } from '../../src/state/volatile.ts'
import { Seat, immediate } from '../core/seat.ts'
import { type TestVault, blockAt, clawbackTx, settingOf, transactionOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const guarding = (of: TestVault = vault) => Seat.guarding(of, setting)

function statusOf(seat: Seat, id = vault.theft): string | undefined {
  const { vaults, incidents } = seat.state.durable
  const held = vaults.get(vault.vault_id)
  const incident = incidents.get(id)
  return held && incident && incidentStatus(held, incident, seat.tip)
}

describe('a member that sees a theft', () => {
  it('votes at sight, with the transaction, and only once however often it is told', () => {
    const seat = guarding()
    seat.theftSeen(vault)
    seat.theftSeen(vault)
    seat.theftConfirmed(vault)
    const votes = seat.sent('vote')
    assert.equal(votes.length, 1)
    assert.equal(votes[0]?.body.witness_txid, vault.unvault.wtxid)
    assert.equal(votes[0]?.body.anchor_height, 100)
  })

  it('renews its vote with its tip alone, while the trigger stands', () => {
    const seat = guarding()
    seat.theftSeen(vault)
    seat.connectMany(VOTE_RENEWAL - 1)
    assert.equal(seat.sent('vote').length, 1)
    seat.connect()
    assert.equal(seat.sent('vote').length, 2)
    seat.chain({ event: 'spend-evicted', outpoint: vault.deposit, txid: vault.unvault.txid })
    seat.connectMany(2 * VOTE_RENEWAL)
    assert.equal(seat.sent('vote').length, 2)
    assert.equal(statusOf(seat), 'gone')
  })

  it('signs no second vote for a height, though a reorganisation or a restart brings it back there', () => {
    const seat = guarding()
    seat.theftSeen(vault)
    const block = seat.state.durable.position
    assert.ok(block)
    seat.chain({ event: 'block-disconnected', block, previous: blockAt(block.height - 1).hash })
    seat.chain({
      event: 'spend-replaced',
      outpoint: vault.deposit,
      old_txid: vault.unvault.txid,
      tx: transactionOf('thief'),
    })
    seat.restart()
    seat.chain({
      event: 'spend-replaced',
      outpoint: vault.deposit,
      old_txid: transactionOf('thief').txid,
      tx: vault.unvault,
    })
    seat.height -= 1
    seat.connect()
    const slots = [...seat.state.durable.ledger.keys()].filter((slot) => slot.startsWith('vote/'))
    assert.equal(slots.length, new Set(slots).size)
    const theft = seat.sent('vote').filter(({ body }) => body.trigger === 'theft')
    assert.equal(theft.length, 1)
    seat.checkDurable()
  })

  it('acts on a block only when its tip has moved to it', () => {
    const seat = guarding()
    const block = blockAt(seat.height)
    const output = seat.chain({ event: 'spend-confirmed', outpoint: vault.deposit, tx: vault.unvault, block })
    assert.ok(output.afterDurable.length === 0)
    seat.height += 1
    seat.chain({ event: 'block-connected', block, previous: blockAt(block.height - 1).hash })
    assert.equal(seat.sent('vote')[0]?.body.anchor_height, block.height)
  })

  it('finds a theft that its last life did not live to act upon', () => {
    const seat = guarding()
    const block = blockAt(seat.height)
    seat.chain({ event: 'spend-confirmed', outpoint: vault.deposit, tx: vault.unvault, block })
    seat.restart()
    seat.meet()
    assert.equal(seat.sent('vote').length, 1)
  })

  it('gives a thief who replaces his transaction no new incident', () => {
    const two = vaultOf(setting, { variants: 2 })
    const seat = guarding(two)
    seat.theftSeen(two)
    const other = transactionOf('vault/unvault/1')
    seat.chain({ event: 'spend-replaced', outpoint: two.deposit, old_txid: two.unvault.txid, tx: other })
    assert.deepEqual([...seat.state.durable.incidents.keys()], [two.theft])
    seat.connect([{ outpoint: two.deposit, tx: other }])
    for (const from of seat.others()) seat.vote(from, two)
    seat.pass(SECOND_WAVE_AFTER_MS)
    const wanted = new Set(two.manifest.unvaults[1]?.clawback.map(({ envelope_id }) => envelope_id))
    const sealing = immediate(seat.outputs, 'seal-share')
    assert.ok(
      sealing.length > 0 && sealing.every(({ envelope_id }) => wanted.has(envelope_id)),
      'the ladder of what stands',
    )
  })
})

describe('a certificate of mine', () => {
  it('is recorded once while q of its voters go on renewing their votes, and again when they do not', () => {
    const seat = guarding()
    seat.theftConfirmed(vault)
    for (let block = 0; block < 30; block++) {
      if (block % VOTE_RENEWAL === 0) for (const from of [2, 3]) seat.vote(from, vault)
      seat.connect()
    }
    assert.equal(seat.tells('certified').length, 1)
    seat.connectMany(25)
    for (const from of [4, 5]) seat.vote(from, vault)
    assert.equal(seat.tells('certified').length, 2)
    assert.deepEqual(seat.state.durable.incidents.get(vault.theft)?.certified?.voters, [1, 4, 5])
  })
})

describe('an incident', () => {
  it('is told in one word at each of its stages', () => {
    const seat = guarding()
    seat.vote(2, vault)
    assert.equal(statusOf(seat), 'alleged')
    seat.theftConfirmed(vault)
    assert.equal(statusOf(seat), 'open')
    for (const from of [3, 4]) seat.vote(from, vault)
    assert.equal(statusOf(seat), 'certified')
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: clawbackTx(2) })
    assert.equal(statusOf(seat), 'recovering')
    seat.connect([{ outpoint: vault.unvaulted, tx: clawbackTx(2) }])
    assert.equal(statusOf(seat), 'recovered')
    seat.connectMany(SECURED_DEPTH - 2)
    assert.equal(statusOf(seat), 'recovered', 'unsettled until it is six deep')
    seat.connect()
    assert.equal(statusOf(seat), 'secured')
    seat.connectMany(SETTLED_DEPTH - SECURED_DEPTH - 1)
    assert.equal(statusOf(seat), 'secured')
    seat.connect()
    assert.equal(statusOf(seat), 'settled')
  })

  it('whose coin another transaction took is called lost, and told as an error, with its first confirmation', () => {
    const loot = transactionOf('hot spend')
    const seat = guarding()
    seat.certified(vault)
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: loot })
    assert.deepEqual(seat.tells('coin-lost'), [])
    seat.connect([{ outpoint: vault.unvaulted, tx: loot }])
    assert.equal(statusOf(seat), 'lost')
    assert.deepEqual(
      seat.tells('coin-lost').map(({ level, incident_id, txid }) => [level, incident_id, txid]),
      [['error', vault.theft, loot.txid]],
    )
    const block = seat.state.durable.position
    assert.ok(block)
    seat.chain({ event: 'spend-unconfirmed', outpoint: vault.unvaulted, txid: loot.txid, block })
    assert.equal(statusOf(seat), 'certified', 'a reorganisation opens it again')
    seat.chain({ event: 'block-disconnected', block, previous: blockAt(block.height - 1).hash })
    seat.height -= 1
    seat.connect([{ outpoint: vault.unvaulted, tx: loot }])
    seat.connectMany(SETTLED_DEPTH)
    assert.deepEqual([seat.tells('coin-lost').length, seat.tells('settled').length], [2, 1])
  })

  it('of stolen cold keys is called lost as soon as their transaction is in a block', () => {
    const seat = guarding()
    seat.connect([{ outpoint: vault.deposit, tx: transactionOf('thief') }])
    assert.equal(statusOf(seat, vault.cold_theft), 'lost')
    assert.deepEqual(seat.tells('coin-lost').map(({ incident_id }) => incident_id), [vault.cold_theft])
  })

  it('is settled a hundred blocks deep and not before, and a reorganisation of its end re-opens it', () => {
    const seat = guarding()
    seat.certified(vault)
    const recovery = clawbackTx(2)
    seat.connect([{ outpoint: vault.unvaulted, tx: recovery }])
    const block = seat.state.durable.position
    assert.ok(block)
    seat.connectMany(SETTLED_DEPTH - 2)
    assert.deepEqual(seat.tells('settled'), [])
    seat.connect()
    assert.equal(seat.tells('settled').length, 1)

    const undone = guarding()
    undone.certified(vault)
    undone.connect([{ outpoint: vault.unvaulted, tx: recovery }])
    const where = undone.state.durable.position
    assert.ok(where)
    undone.chain({ event: 'spend-unconfirmed', outpoint: vault.unvaulted, txid: recovery.txid, block: where })
    assert.equal(statusOf(undone), 'certified')
  })

  it('that ends without a recovery after shares had left leaves the vault exposed, loudly and for good', () => {
    const seat = guarding()
    seat.certified(vault)
    seat.connect([{ outpoint: vault.unvaulted, tx: transactionOf('hot spend') }])
    seat.connectMany(SETTLED_DEPTH)
    assert.deepEqual(
      seat.tells('settled').map(({ level }) => level),
      ['error'],
    )
    assert.deepEqual(
      seat.tells('exposed').map(({ level }) => level),
      ['error'],
    )
    assert.ok(seat.state.durable.vaults.get(vault.vault_id)?.exposed)
    seat.checkDurable()
  })

  it('keeps its story whole at its end, however many members fill it before', () => {
    const large = settingOf(40)
    const one = vaultOf(large)
    const seat = Seat.guarding(one, large)
    seat.certified(one)
    for (let block = 0; block < 60; block++) {
      seat.connect()
      if (block % 6 === 0) for (const from of seat.others()) seat.vote(from, one)
      seat.work(one)
    }
    seat.connect([{ outpoint: one.unvaulted, tx: clawbackTx(250) }])
    seat.connectMany(SETTLED_DEPTH)
    const story = seat.state.durable.incidents.get(one.theft)?.story.map(({ event }) => event) ?? []
    assert.ok(story.includes('recovery-confirmed'))
    assert.equal(story.at(-1), 'settled')
    seat.checkDurable()
  }).timeout(20_000)
})

describe('an incident that one member alleges', () => {
  it('holds up no renewal of the vault, while a trigger that stands does', () => {
    for (const [stands, active] of [
      [false, true],
      [true, false],
    ] as const) {
      const seat = guarding()
      seat.vote(2, vault)
      const next = vaultOf(setting, { generation: 2, previous: vault.hash, change: (one) => ({ ...one, csv: 200 }) })
      seat.enrol(next)
      if (stands) seat.theftSeen(vault)
      seat.connectMany(2)
      assert.equal(seat.state.durable.vaults.get(vault.vault_id)?.active === next.hash, active)
    }
  })

  it('calls for no shares: I ask nobody for them until I see the trigger and q members have voted', () => {
    const seat = guarding()
    seat.vote(2, vault)
    const since = seat.outputs.length
    seat.pass(10_000)
    assert.deepEqual(seat.sent('pull', since), [])
    seat.theftConfirmed(vault)
    seat.pass(10_000)
    assert.deepEqual(seat.sent('pull', since), [], 'nobody could have released one')
    seat.vote(3, vault)
    seat.pass(10_000)
    assert.deepEqual(
      seat.sent('pull', since).map(({ to }) => to),
      [2, 3, 4, 5] as MemberIndex[],
    )
  })
})
