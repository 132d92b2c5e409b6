/** A thief who has the choice between variants of U, and changes his mind. */
import assert from 'node:assert/strict'
import type { Rung, SpendTx } from '../../src/index.ts'
import { outpointOf } from '../../src/primitives/index.ts'
import { Seat, immediate } from '../core/seat.ts'
import { transactionOf, vaultOf } from '../core/setting.ts'
import { answerBroadcasts, block, bumps, give, orderFor, setting, unvaultOf } from './fee-coins.ts'

const three = vaultOf(setting, { variants: 3, rates: [2, 50], means: ['anchored'] })
const eager = vaultOf(setting, { variants: 3, rates: [2, 50], change: (one) => ({ ...one, act_at: 'mempool' }) })
const plain = vaultOf(setting, { rates: [2, 50] })
const [first = 1] = orderFor(three)

function u(variant: number): SpendTx {
  return transactionOf(`vault/unvault/${variant}`)
}

const lowest = (vault: typeof three, variant: number): Rung => unvaultOf(vault, variant).clawback[0] ?? assert.fail()

/** Which variants' envelopes were sealed to others in the outputs from there on. */
function sealedOf(seat: Seat, vault: typeof three, since = 0): number[] {
  const ids = new Set(immediate(seat.outputs.slice(since), 'seal-share').map(({ envelope_id }) => envelope_id))
  return [0, 1, 2].filter((variant) => unvaultOf(vault, variant).clawback.some(({ envelope_id }) => ids.has(envelope_id)))
}

describe('variants of an unvault', () => {
  for (const variant of [0, 1, 2]) {
    it(`are answered each with its own ladder: variant ${variant}`, () => {
      const seat = Seat.guarding(three, setting, first)
      seat.connect([{ outpoint: three.deposit, tx: u(variant) }])
      for (const from of seat.others()) seat.vote(from, three, { tx: u(variant) })
      seat.pass(50)
      assert.deepEqual(sealedOf(seat, three), [variant])
      seat.work(three)
      give(seat, three, [lowest(three, variant)])
      assert.deepEqual(seat.broadcasts().map(({ txid }) => txid), [lowest(three, variant).txid])
    })
  }

  it('that replace one another in the mempool move the releases and the broadcast to the one that stands, at once', () => {
    const seat = Seat.guarding(eager, setting, orderFor(eager)[0] ?? 1)
    seat.chain({ event: 'spend-seen', outpoint: eager.deposit, tx: u(0) })
    for (const from of seat.others()) seat.vote(from, eager)
    seat.pass(50)
    seat.work(eager)
    give(seat, eager, [lowest(eager, 0)])
    answerBroadcasts(seat, 'accepted')
    seat.chain({ event: 'spend-seen', outpoint: outpointOf(u(0).txid, 0), tx: transactionOf('vault/clawback/2') })
    for (const variant of [1, 2]) {
      const since = seat.outputs.length
      // The clawback of the former goes with it, and nobody says so.
      seat.chain({ event: 'spend-replaced', outpoint: eager.deposit, old_txid: u(variant - 1).txid, tx: u(variant) })
      assert.deepEqual(sealedOf(seat, eager, since), [variant])
      seat.work(eager, since)
      give(seat, eager, [lowest(eager, variant)])
      const [sent, ...more] = seat.broadcasts(since)
      assert.deepEqual([sent?.txid, sent?.parent, more], [lowest(eager, variant).txid, u(variant).raw, []])
      answerBroadcasts(seat, 'accepted', since)
    }
    assert.deepEqual([...seat.state.durable.incidents.keys()], [eager.theft])
  })

  it('are looked for when bitcoind misses the input: no other rung is tried, the ladder of the next U is', () => {
    const seat = Seat.guarding(eager, setting, orderFor(eager)[0] ?? 1)
    seat.chain({ event: 'spend-seen', outpoint: eager.deposit, tx: u(0) })
    for (const from of seat.others()) seat.vote(from, eager)
    seat.pass(50)
    seat.work(eager)
    give(seat, eager, unvaultOf(eager, 0).clawback)
    const [{ incident_id, envelope_id, txid } = assert.fail()] = seat.broadcasts()
    let since = seat.outputs.length
    seat.outcome({ of: 'broadcast', incident_id, envelope_id, txid, answer: 'inputs-missing' })
    seat.pass(10_000)
    assert.deepEqual(seat.broadcasts(since), [])
    since = seat.outputs.length
    seat.connect([{ outpoint: eager.deposit, tx: u(2) }])
    seat.work(eager, since)
    give(seat, eager, [lowest(eager, 2)])
    assert.deepEqual(seat.broadcasts(since).map((one) => one.txid), [lowest(eager, 2).txid])
  })

  it('give their means time of their own: what was released for the former does not count', () => {
    const seat = Seat.guarding(three, setting, first)
    seat.certified(three)
    seat.work(three)
    block(seat, three, 72)
    give(seat, three, unvaultOf(three, 0).clawback)
    answerBroadcasts(seat, 'fee-too-low')
    block(seat, three, 2)
    give(seat, three, [unvaultOf(three, 0).anchored ?? assert.fail()])
    assert.equal(bumps(seat).length, 1)
    const at = seat.state.durable.vaults.get(three.vault_id)?.coins.get(three.deposit)?.confirmed?.block
    assert.ok(at)
    seat.chain({ event: 'spend-unconfirmed', outpoint: three.deposit, txid: u(0).txid, block: at })
    const since = seat.outputs.length
    block(seat, three, 1, [{ outpoint: three.deposit, tx: u(1) }])
    block(seat, three, 10)
    assert.deepEqual([sealedOf(seat, three, since), bumps(seat, since)], [[1], []])
  })

  it('keep the rung that has come into the mempool when a reorganisation gives U a new height: it is sent on, no lower one instead', () => {
    const seat = Seat.guarding(plain, setting, orderFor(plain)[0] ?? 1)
    seat.certified(plain)
    seat.work(plain)
    block(seat, plain, 72)
    give(seat, plain, unvaultOf(plain).clawback)
    answerBroadcasts(seat, 'accepted')
    const top = unvaultOf(plain).clawback.at(-1) ?? assert.fail()
    seat.chain({ event: 'spend-seen', outpoint: plain.unvaulted, tx: transactionOf('vault/clawback/50') })
    const at = seat.state.durable.vaults.get(plain.vault_id)?.coins.get(plain.deposit)?.confirmed?.block
    assert.ok(at)
    seat.chain({ event: 'spend-unconfirmed', outpoint: plain.deposit, txid: u(0).txid, block: at })
    const undone = seat.outputs.length
    block(seat, plain, 1, [{ outpoint: plain.deposit, tx: u(0) }])
    answerBroadcasts(seat, 'accepted', undone)
    const since = seat.outputs.length
    block(seat, plain)
    assert.deepEqual(seat.broadcasts(since).map(({ txid }) => txid), [top.txid])
  })

  it('of one txid in two generations are clawed back with either ladder', () => {
    const next = vaultOf(setting, { variants: 3, rates: [5], generation: 2, previous: three.hash })
    const seat = Seat.guarding(three, setting, first)
    seat.sendManifest(next)
    seat.verified(next)
    seat.certified(three)
    const ids = new Set(immediate(seat.outputs, 'seal-share').map(({ envelope_id }) => envelope_id))
    seat.pass(50)
    for (const vault of [three, next]) {
      assert.ok(ids.has(lowest(vault, 0).envelope_id) || seat.state.durable.incidents.get(three.theft)?.released.has(lowest(vault, 0).envelope_id))
    }
    seat.work(three)
    give(seat, next, [lowest(next, 0)])
    assert.deepEqual(seat.broadcasts().map(({ txid }) => txid), [lowest(next, 0).txid])
  })
})
