import assert from 'node:assert/strict'
import type { BenchContext, BenchResult } from '../../bench.ts'
import { fees } from '../../fees/index.ts'
import { REGIMES } from '../../fees/regimes.ts'
import { STRATEGIES } from '../../fees/strategies.ts'

function run(incidents: number, seed: number): Promise<BenchResult> {
  const context: BenchContext = { samples: null, incidents, seed, blocks: null, progress: () => {}, signal: new AbortController().signal }
  return fees(context)
}

describe('pnpm bench fees', () => {
  it('plays every strategy in every regime, and finds nothing wrong', async () => {
    const { rows, lines, wrong } = await run(100, 7)
    assert.deepEqual(wrong, [])
    for (const regime of REGIMES) {
      assert.ok(lines?.some((line) => line.startsWith(`${regime}: 100 incidents`)))
      for (const { name } of STRATEGIES) {
        const [late, blocks] = ['late', 'blocks'].map((what) => rows.find((row) => row.name === `${regime}/${name}/0.1-btc/${what}`))
        assert.ok(late && late.n === 100 && late.median >= 0 && late.median <= 100)
        assert.ok(blocks && blocks.n === 100 && blocks.median >= 1 && blocks.p99 <= 144)
        assert.equal(late.peer?.name, name === 'fixed-50' ? undefined : 'fixed-50')
      }
    }
  })

  it('shows the same for the same seed, and something else for another', async () => {
    const [once, again, other] = [await run(40, 1), await run(40, 1), await run(40, 2)]
    assert.deepEqual(once, again)
    assert.notDeepEqual(once.rows, other.rows)
  })

  it('ends when it is interrupted', async () => {
    const context: BenchContext = { samples: null, incidents: 1, seed: 1, blocks: null, progress: () => {}, signal: AbortSignal.abort() }
    await assert.rejects(async () => fees(context), { name: 'AbortError' })
  })
})
