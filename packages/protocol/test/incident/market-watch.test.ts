import assert from 'node:assert/strict'
import { type OwnerAnswer, infoRequest } from '../../src/index.ts'
import { STEADY_BLOCKS } from '../../src/incident/market-watch.ts'
import { type Feerate, toCbor } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { clawbackTx, settingOf, transactionOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(3)
const vault = vaultOf(setting)

/** bitcoind says what the market asks, then come that many blocks. */
function blocksAt(seat: Seat, estimate: number | null, blocks: number, state: 'ok' | 'syncing' = 'ok'): void {
  seat.chain({
    event: 'chain-health',
    state,
    estimate: estimate as Feerate | null,
    mempool_floor: 1_000 as Feerate,
    implementation: 'test',
  })
  seat.connectMany(blocks)
}

function told(seat: Seat): string[] {
  return [
    ...seat.tells('ladder-under-market').map(() => 'under'),
    ...seat.tells('ladder-above-market').map(() => 'above'),
  ]
}

describe('a ladder that falls under the fee market', () => {
  it('is told once, after three blocks in a row, and once when it is above again', () => {
    const seat = Seat.guarding(vault, setting)
    blocksAt(seat, 300_000, STEADY_BLOCKS - 1)
    assert.deepEqual(told(seat), [])
    seat.connect()
    assert.deepEqual(told(seat), ['under'])
    const [tell] = seat.tells('ladder-under-market')
    assert.deepEqual([tell?.vault_id, tell?.feerate, tell?.detail], [vault.vault_id, 250_000, 'the market asks 300 sat/vB'])
    blocksAt(seat, 400_000, 10)
    assert.deepEqual(told(seat), ['under'])
    blocksAt(seat, 250_000, STEADY_BLOCKS)
    assert.deepEqual(told(seat), ['under', 'above'])
    blocksAt(seat, 10_000, 10)
    assert.deepEqual(told(seat), ['under', 'above'])
  })

  it('is not told where the estimate jumps to and fro, or is not known in between', () => {
    const seat = Seat.guarding(vault, setting)
    for (let round = 0; round < 5; round++) {
      blocksAt(seat, 300_000, STEADY_BLOCKS - 1)
      blocksAt(seat, round % 2 === 0 ? 10_000 : null, 1)
    }
    assert.deepEqual(told(seat), [])
  })

  it('is not told by a bitcoind that has not caught up', () => {
    const seat = Seat.guarding(vault, setting)
    blocksAt(seat, 300_000, 10, 'syncing')
    assert.deepEqual(told(seat), [])
  })

  it('is told again after a restart while it stays so', () => {
    const seat = Seat.guarding(vault, setting)
    blocksAt(seat, 300_000, STEADY_BLOCKS)
    seat.restart()
    blocksAt(seat, 300_000, STEADY_BLOCKS)
    assert.deepEqual(told(seat), ['under', 'under'])
  })

  it('is not told of a vault whose coin has left', () => {
    const seat = Seat.guarding(vault, setting)
    seat.connect([{ outpoint: vault.deposit, tx: transactionOf('the owner moved it') }])
    blocksAt(seat, 300_000, 10)
    assert.deepEqual(told(seat), [])
    assert.equal(marketTold(seat), null)
  })

  it('is told of a vault whose theft is under way, until its clawback confirms', () => {
    const seat = Seat.guarding(vault, setting)
    seat.theftConfirmed(vault)
    blocksAt(seat, 300_000, STEADY_BLOCKS)
    assert.deepEqual(told(seat), ['under'])
    seat.connect([{ outpoint: vault.unvaulted, tx: clawbackTx(250) }])
    assert.equal(marketTold(seat), null)
  })
})

type Info = Extract<OwnerAnswer, { answer: 'vaults' }>['vaults'][number]

function marketTold(seat: Seat): Info['market'] | undefined {
  const [answer] = seat.request(toCbor(infoRequest, { what: 'vaults' as const }), 'info')
  assert.ok(answer?.answer === 'vaults')
  return answer.vaults[0]?.market
}

describe('what a member tells the owner of the fee market', () => {
  it("is the top of the vault's ladder, what its bitcoind asks, and how they stand", () => {
    const seat = Seat.guarding(vault, setting)
    assert.deepEqual(marketTold(seat), { top_feerate: 250_000, estimate: null, state: 'unknown' })
    blocksAt(seat, 240_000, 0)
    assert.deepEqual(marketTold(seat), { top_feerate: 250_000, estimate: 240_000, state: 'near' })
  })
})
