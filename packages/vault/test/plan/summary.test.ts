import assert from 'node:assert/strict'
import { summaryLines, summaryOf } from '../../src/index.ts'
import { planOf } from '../support/plans.ts'

describe('the summary of a plan', () => {
  it('says how many signatures are asked of whom', () => {
    const { transactions, signers, signatures } = summaryOf(planOf())
    assert.equal(transactions.length, 7)
    assert.equal(signers, 2)
    assert.equal(signatures, 14)
    assert.match(summaryLines(planOf())[1] ?? '', /^7 transactions, each signed by 2 of 3 cold keys: 14 signatures$/)
  })

  it('says what each transaction is for and what it costs', () => {
    const { transactions } = summaryOf(planOf())
    const top = transactions.find(({ id }) => id === 'clawback-0-3')
    assert.equal(top?.fee, 42_250n)
    assert.equal(top?.fee_percent, 0.0845)
    assert.match(top?.purpose ?? '', /takes unvault-0 back to deep cold/)
    assert.ok(
      summaryLines(planOf()).includes(
        'clawback-0-3: takes unvault-0 back to deep cold; 250 sat/vB, fee 42250 sat (0.0845 %)',
      ),
    )
  })

  it('says when members act', () => {
    assert.ok(summaryLines(planOf()).some((line) => line.includes('once the unvault has confirmed')))
    assert.ok(summaryLines(planOf({ act_at: 'mempool' })).some((line) => line.includes('in the mempool')))
  })
})
