import assert from 'node:assert/strict'
import { BID_STEP, type BumpMeans, type Rung, SILENCE_BLOCKS, meansBlocks } from '../../src/index.ts'
import type { Feerate } from '../../src/primitives/index.ts'
import { Seat, immediate } from '../core/seat.ts'
import { anchoredTx, blockAt, clawbackTx, completedA, vaultOf } from '../core/setting.ts'
import { answerBroadcasts, atTop, beforeTop, block, bumps, give, orderFor, pay, setting, unvaultOf } from './fee-coins.ts'

const BOTH: readonly BumpMeans[] = ['anyone-can-pay', 'anchored']
const vault = vaultOf(setting, { means: BOTH })
const onlyP = vaultOf(setting, { means: ['anchored'] })
const order = orderFor(vault)
const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = order
const P = unvaultOf(vault).anchored as Rung
const A = unvaultOf(vault).anyone_can_pay as Rung

const released = (seat: Seat, { envelope_id }: Rung): boolean => seat.state.durable.incidents.get(vault.theft)?.released.has(envelope_id) ?? false
const sealedTo = (seat: Seat, { envelope_id }: Rung): number[] =>
  immediate(seat.outputs, 'seal-share').flatMap((one) => (one.envelope_id === envelope_id ? [one.to] : [])).toSorted((a, b) => a - b)

/** The first member, asked to pay for P. */
function paying(self: number = first): Seat {
  const seat = atTop(vault, self)
  block(seat, vault, 2)
  give(seat, vault, [P])
  return seat
}

describe('the means that take fee coins', () => {
  it('are released to all, once the top rung has sat in my mempool for two blocks, and the top rung with them', () => {
    const seat = atTop(vault, first)
    block(seat, vault)
    assert.ok(!released(seat, P) && !released(seat, A))
    block(seat, vault)
    assert.ok(released(seat, P) && !released(seat, A))
    assert.deepEqual(sealedTo(seat, P), seat.others())
    assert.deepEqual(sealedTo(seat, unvaultOf(vault).clawback.at(-1) as Rung), seat.others())
  })

  it('begin with P, and with A where the ladder reaches 1,000 sat/vB', () => {
    const high = vaultOf(setting, { means: BOTH, rates: [2, 1_000] })
    const seat = atTop(high, first, 1_000)
    block(seat, high, 2)
    const ids = [...(seat.state.durable.incidents.get(high.theft)?.released.keys() ?? [])]
    assert.equal(ids.at(-1), unvaultOf(high).anyone_can_pay?.envelope_id)
    assert.ok(!ids.includes(unvaultOf(high).anchored?.envelope_id ?? ids[0] ?? assert.fail()))
  })

  it('follow one another when the first has had its time', () => {
    const seat = atTop(vault, first)
    block(seat, vault, 2)
    block(seat, vault, meansBlocks(144) - 1)
    assert.ok(!released(seat, A))
    block(seat, vault)
    assert.ok(released(seat, A))
  })

  it('are not released while a lower rung stands, nor before the top is due', () => {
    const seat = beforeTop(vault, first)
    answerBroadcasts(seat, 'accepted')
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: clawbackTx(50) })
    block(seat, vault, 4)
    assert.ok(!released(seat, P))
  })

  for (const answer of ['fee-too-low', 'conflict'] as const) {
    it(`are released two blocks after the top rung where bitcoind says ${answer} to it, and nothing of ours is in its way`, () => {
      const seat = beforeTop(vault, first)
      answerBroadcasts(seat, answer)
      block(seat, vault)
      answerBroadcasts(seat, answer)
      assert.ok(!released(seat, P))
      block(seat, vault)
      assert.ok(released(seat, P))
    })
  }

  it('are not released while the top rung waits for nothing but bitcoind itself', () => {
    const seat = beforeTop(vault, first)
    block(seat, vault, 6)
    assert.ok(!released(seat, P))
  })

  it('are not released once a recovery is confirmed', () => {
    const seat = atTop(vault, first)
    block(seat, vault, 1, [{ outpoint: vault.unvaulted, tx: clawbackTx(250) }])
    block(seat, vault, 5)
    assert.ok(!released(seat, P))
  })

  it('follow another member\'s P at once, for then they are in the open', () => {
    const seat = beforeTop(vault, second)
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: anchoredTx() })
    assert.ok(released(seat, P) && !released(seat, A))
  })

  /** To whom Pulls go at a period's end. */
  const asked = (seat: Seat): unknown[] => {
    const since = seat.outputs.length
    seat.pass(2 * setting.federation.timing.heartbeat_ms)
    return seat.sent('pull', since).map(({ to }) => to)
  }

  it('are asked for by Pull though one stands in my mempool, for the turn to raise it may come to me', () => {
    const seat = beforeTop(vault, second)
    const since = seat.outputs.length
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: anchoredTx() })
    seat.work(vault, since)
    assert.deepEqual(asked(seat), seat.others())
    give(seat, vault, [P])
    assert.deepEqual(asked(seat), [])
  })

  it('do not end the asking for rungs, which may have to take the place of one that was joined with junk', () => {
    const seat = Seat.guarding(vault, setting, second)
    seat.certified(vault)
    block(seat, vault, Math.floor(vault.manifest.csv / 2))
    const since = seat.outputs.length
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: completedA('junk', 300_000) })
    seat.work(vault, since)
    give(seat, vault, [A, P])
    assert.deepEqual(asked(seat), seat.others())
    give(seat, vault, unvaultOf(vault).clawback)
    assert.deepEqual(asked(seat), [])
  })

  it('are only asked of vaults that have them', () => {
    const plain = vaultOf(setting)
    const seat = atTop(plain, first)
    block(seat, plain, 60)
    assert.deepEqual(bumps(seat), [])
  })
})

describe('a bump', () => {
  it('is asked of the fee wallet by the first member, with what it spends, at least what the top rung pays, and the blocks left', () => {
    const [asked, ...more] = bumps(paying())
    assert.deepEqual(more, [])
    assert.ok(asked)
    assert.deepEqual(
      [asked.means, asked.txid, asked.envelope_id, asked.outpoint, asked.deadline_blocks],
      ['anchored', P.txid, P.envelope_id, vault.unvaulted, 132 - 74],
    )
    assert.ok(asked.feerate >= 250_000)
    assert.ok(asked.min_fee > (clawbackTx(250).fee ?? 0n))
  })

  it('is told, receipted and kept once; asked again once a block for more, until it confirms', () => {
    const seat = paying()
    pay(seat, 'accepted', P.txid)
    seat.chain({ event: 'spend-replaced', outpoint: vault.unvaulted, old_txid: clawbackTx(250).txid, tx: anchoredTx() })
    const paid = [bumps(seat)[0]?.feerate ?? 0]
    for (let at = 0; at < 3; at++) {
      const since = seat.outputs.length
      block(seat, vault)
      seat.pass(10_000)
      seat.vote(second, vault)
      const asked = bumps(seat, since)
      assert.equal(asked.length, 1)
      paid.push(asked[0]?.feerate ?? 0)
      pay(seat, 'accepted', P.txid)
    }
    for (const [at, feerate] of paid.slice(1).entries()) assert.ok(feerate >= (paid[at] ?? 0) + BID_STEP)
    assert.equal(seat.tells('bumped').length, 1)
    assert.equal(seat.sent('receipt').filter(({ body }) => body.statement === 'broadcast' && body.txid === P.txid).length, 1)
    const since = seat.outputs.length
    block(seat, vault, 1, [{ outpoint: vault.unvaulted, tx: anchoredTx() }])
    block(seat, vault, 3)
    assert.deepEqual(bumps(seat, since), [])
    seat.checkDurable()
  })

  it('rises only from what was paid, or refused for its price', () => {
    const seat = paying()
    const estimate = { event: 'chain-health', state: 'ok', mempool_floor: 0 as Feerate, implementation: 'test' } as const
    seat.chain({ ...estimate, estimate: 2_000_000 as Feerate })
    pay(seat, 'no-coin')
    seat.chain({ ...estimate, estimate: null })
    block(seat, vault)
    assert.ok((bumps(seat).at(-1)?.feerate ?? 0) < 1_000_000)
  })

  it('is followed by no rung while P stands, but for the top one with each block, should P\'s child have been cycled away', () => {
    const seat = paying()
    pay(seat, 'accepted', P.txid)
    answerBroadcasts(seat, 'accepted')
    const refusals = seat.tells('broadcast-refused').length
    seat.chain({ event: 'spend-replaced', outpoint: vault.unvaulted, old_txid: clawbackTx(250).txid, tx: anchoredTx() })
    let since = seat.outputs.length
    seat.pass(1_000)
    seat.vote(second, vault)
    assert.deepEqual(seat.broadcasts(since), [])
    for (let at = 0; at < 3; at++) {
      since = seat.outputs.length
      block(seat, vault)
      assert.deepEqual(seat.broadcasts(since).map(({ txid }) => txid), [clawbackTx(250).txid])
      answerBroadcasts(seat, 'conflict', since)
      assert.equal(seat.broadcasts(since).length, 1)
      pay(seat, 'accepted', P.txid)
    }
    assert.equal(seat.tells('broadcast-refused').length, refusals + 1)
    since = seat.outputs.length
    seat.chain({ event: 'spend-evicted', outpoint: vault.unvaulted, txid: P.txid })
    assert.deepEqual(seat.broadcasts(since).map(({ txid }) => txid), [clawbackTx(250).txid], 'at once when it is evicted')
  })

  it('with A is followed by A alone, above what stands in satoshis; and by a rung only where that pays more', () => {
    const high = vaultOf(setting, { means: BOTH, rates: [2, 1_000] })
    const a = unvaultOf(high).anyone_can_pay as Rung
    const seat = atTop(high, orderFor(high)[0] ?? 1, 1_000)
    block(seat, high, 2)
    give(seat, high, [a])
    assert.equal(bumps(seat).at(-1)?.means, 'anyone-can-pay')
    pay(seat, 'accepted', completedA('mine', 260_000).txid)
    const joined = completedA('junk', 300_000)
    seat.chain({ event: 'spend-replaced', outpoint: high.unvaulted, old_txid: clawbackTx(1_000).txid, tx: joined })
    answerBroadcasts(seat, 'accepted')
    let since = seat.outputs.length
    block(seat, high)
    const [asked] = bumps(seat, since)
    assert.equal(asked?.means, 'anyone-can-pay')
    assert.ok((asked?.min_fee ?? 0n) > 300_000n)
    answerBroadcasts(seat, 'conflict', since)
    since = seat.outputs.length
    seat.pass(1_000)
    assert.deepEqual(seat.broadcasts(since), [], 'the top rung pays less')
    const cheap = { ...completedA('large junk', 145_000), vsize: 10_000 }
    seat.chain({ event: 'spend-replaced', outpoint: high.unvaulted, old_txid: joined.txid, tx: cheap })
    assert.deepEqual(seat.broadcasts(since).map(({ txid }) => txid), [clawbackTx(1_000).txid])
  })

  it('goes over to the other means in the same block where the first is refused, and comes back to it with the next', () => {
    const seat = paying()
    for (const peer of seat.state.volatile.peers.values()) peer.life = 'dead'
    block(seat, vault, meansBlocks(144))
    give(seat, vault, [A])
    const since = seat.outputs.length
    pay(seat, 'conflict')
    pay(seat, 'conflict')
    block(seat, vault)
    pay(seat, 'mempool-limits')
    assert.deepEqual(bumps(seat, since).map(({ means }) => means), ['anyone-can-pay', 'anchored', 'anyone-can-pay'])
  })

  it('tries A where the wallet has no coin for P', () => {
    const one = vaultOf(setting, { means: BOTH })
    const seat = atTop(one, orderFor(one)[0] ?? 1)
    block(seat, one, 2)
    give(seat, one, [P])
    pay(seat, 'no-coin')
    assert.equal(bumps(seat).length, 1, 'A is not released yet')
    assert.deepEqual(seat.tells('bump-refused').map(({ detail }) => detail), ['no-coin'])
  })

  it('waits while U is back in the mempool, for there nothing presses', () => {
    const seat = paying()
    pay(seat, 'accepted', P.txid)
    const at = seat.state.durable.vaults.get(vault.vault_id)?.coins.get(vault.deposit)?.confirmed?.block
    assert.ok(at)
    seat.chain({ event: 'spend-unconfirmed', outpoint: vault.deposit, txid: vault.unvault.txid, block: at })
    seat.chain({ event: 'spend-seen', outpoint: vault.deposit, tx: vault.unvault })
    const since = seat.outputs.length
    block(seat, vault, 3)
    assert.deepEqual(bumps(seat, since), [])
  })

  it('waits while a reorganisation is being told: what it undid may be back in the mempool, and U itself be undone next', () => {
    const seat = paying()
    pay(seat, 'accepted', P.txid)
    block(seat, vault, 1, [{ outpoint: vault.unvaulted, tx: anchoredTx() }])
    const mined = blockAt(seat.tip)
    const since = seat.outputs.length
    seat.chain({ event: 'spend-unconfirmed', outpoint: vault.unvaulted, txid: P.txid, block: mined })
    seat.chain({ event: 'block-disconnected', block: mined, previous: blockAt(mined.height - 1).hash })
    assert.equal(bumps(seat, since).length, 0)
    seat.height -= 1
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: anchoredTx() })
    seat.now_ms += 20_000
    seat.chain({ event: 'block-connected', block: blockAt(mined.height, 'branch'), previous: blockAt(mined.height - 1).hash })
    assert.equal(bumps(seat, since).length, 1)
  })

  it('does not wait for a clock that was set back to come round again', () => {
    const seat = paying()
    pay(seat, 'accepted', P.txid)
    block(seat, vault, 1, [{ outpoint: vault.unvaulted, tx: anchoredTx() }])
    const mined = blockAt(seat.tip)
    seat.chain({ event: 'spend-unconfirmed', outpoint: vault.unvaulted, txid: P.txid, block: mined })
    seat.chain({ event: 'block-disconnected', block: mined, previous: blockAt(mined.height - 1).hash })
    seat.height -= 1
    seat.now_ms -= 3_600_000
    const since = seat.outputs.length
    seat.chain({ event: 'block-connected', block: blockAt(mined.height, 'branch'), previous: blockAt(mined.height - 1).hash })
    assert.equal(bumps(seat, since).length, 1)
  })

  it('goes on after a restart, from where the turn stood', () => {
    const seat = paying(second)
    block(seat, vault, SILENCE_BLOCKS)
    assert.equal(bumps(seat).length, 1)
    seat.restart()
    assert.equal(seat.state.durable.incidents.get(vault.theft)?.fee_turn?.turn, 1)
    seat.work(vault, seat.outputs.length - 1)
    const since = seat.outputs.length
    give(seat, vault, [...unvaultOf(vault).clawback, P])
    assert.equal(bumps(seat, since).length, 1)
  })

  it('takes no answer that it did not ask for', () => {
    const seat = paying(second)
    const { theft: incident_id } = vault
    seat.outcome({ of: 'bump', incident_id, envelope_id: P.envelope_id, answer: 'accepted', txid: P.txid, feerate: 1 as Feerate })
    assert.equal(seat.state.durable.incidents.get(incident_id)?.broadcasts.has(P.txid), false)
  })
})

describe('fee coins of several members', () => {
  it('are spent by one at a time: the next takes over after two blocks of silence, and the one after it again', () => {
    const seats = [first, second, third].map((self) => paying(self))
    const asked = () => seats.map((seat) => bumps(seat).length > 0)
    assert.deepEqual(asked(), [true, false, false])
    for (const seat of seats) block(seat, vault, SILENCE_BLOCKS)
    assert.deepEqual(asked(), [true, true, false])
    for (const seat of seats) block(seat, vault, SILENCE_BLOCKS)
    assert.deepEqual(asked(), [true, true, true])
    for (const seat of seats.slice(0, 2)) {
      const since = seat.outputs.length
      block(seat, vault)
      assert.deepEqual(bumps(seat, since), [], 'whose turn is over bids no more')
    }
  })

  it('stay with the first while its bump stands in the others\' mempools, for the time that a means has', () => {
    const seat = paying(second)
    seat.chain({ event: 'spend-replaced', outpoint: vault.unvaulted, old_txid: clawbackTx(250).txid, tx: anchoredTx() })
    block(seat, vault, meansBlocks(144) - 1)
    assert.deepEqual(bumps(seat), [])
    block(seat, vault)
    assert.equal(bumps(seat).length, 1)
    assert.equal(seat.tells('fee-turn-passed').length, 1)
  })

  it('do not pass on for blocks that are read all at once, after a pause', () => {
    const seat = paying(second)
    seat.connectMany(5)
    assert.deepEqual(bumps(seat), [])
    block(seat, vault, SILENCE_BLOCKS + 1)
    assert.equal(bumps(seat).length, 1)
  })

  it('pass on though the clock was set back since the turn began', () => {
    const seat = paying(second)
    seat.now_ms -= 3_600_000
    block(seat, vault, SILENCE_BLOCKS)
    assert.equal(bumps(seat).length, 1)
  })

  it('pass by who is held for dead', () => {
    const seat = atTop(vault, second)
    const peer = seat.state.volatile.peers.get(first) ?? assert.fail()
    peer.life = 'dead'
    block(seat, vault, 2)
    give(seat, vault, [P])
    assert.equal(bumps(seat).length, 1)
  })

  it('are asked for in one generation alone where two have the same U', () => {
    const next = vaultOf(setting, { means: ['anchored'], generation: 2, previous: onlyP.hash })
    const seat = atTop(onlyP, orderFor(onlyP)[0] ?? 1)
    seat.enrol(next)
    block(seat, onlyP, 2)
    give(seat, onlyP, [unvaultOf(onlyP).anchored as Rung])
    block(seat, onlyP)
    assert.ok(bumps(seat).length <= 2)
    assert.equal(new Set(bumps(seat).map(({ envelope_id }) => envelope_id)).size, 1)
  })
})
