import assert from 'node:assert/strict'
import { Random } from '../../../packages/simulator/src/world/random.ts'
import { type Demand, feeHistory } from '../../fees/market.ts'

const demandOf = (blocks: number, load: number, median: number): Demand[] => Array.from({ length: blocks }, () => ({ load, median }))
const EMPTY = { blocks: 0, load: 0, median: 1 }

describe('the synthetic fee market', () => {
  it('asks the least there is while blocks have room', () => {
    const { marginal, floor } = feeHistory(new Random(1, 'quiet'), demandOf(50, 0.01, 20), EMPTY)
    assert.deepEqual([...new Set([...marginal, ...floor])], [1_000])
  })

  it('loses no virtual byte: what arrived was mined, evicted or is left', () => {
    const { volume } = feeHistory(new Random(2, 'busy'), demandOf(400, 1.5, 30), { blocks: 60, load: 0, median: 5 })
    assert.ok(volume.evicted > 0 && volume.left > 0)
    assert.ok(Math.abs(volume.arrived - volume.mined - volume.evicted - volume.left) < 1)
  })

  it('asks more the more is bid, and takes nothing below the floor of a full mempool', () => {
    const histories = [10, 100].map((median) => feeHistory(new Random(3, 'full'), demandOf(300, 1.6, median), { blocks: 80, load: 0, median }))
    const lasts = histories.map(({ marginal }) => marginal.at(-1) ?? 0)
    assert.ok((lasts[1] ?? 0) > 5 * (lasts[0] ?? Infinity))
    for (const { marginal, floor } of histories) {
      assert.ok((floor.at(-1) ?? 0) > 1_000)
      assert.ok(marginal.every((feerate, block) => feerate >= (floor[block] ?? Infinity)))
    }
  })

  it('is estimated late: while it rises too low, in the end not', () => {
    const { marginal, estimate } = feeHistory(new Random(4, 'rise'), [...demandOf(100, 1.2, 5), ...demandOf(100, 1.5, 500)], EMPTY)
    const isTooLow = (block: number) => (estimate[block] ?? Infinity) < (marginal[block] ?? 0)
    assert.ok([101, 102, 103, 104, 105].some(isTooLow))
    assert.ok(![190, 191, 192, 193, 194].every(isTooLow))
    assert.ok((estimate[199] ?? 0) > (marginal[199] ?? Infinity) / 2)
  })

  it('is the same for the same seed', () => {
    const once = () => feeHistory(new Random(5, 'again'), demandOf(100, 1, 10), EMPTY)
    assert.deepEqual(once(), once())
  })
})
