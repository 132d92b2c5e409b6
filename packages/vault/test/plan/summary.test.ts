import assert from 'node:assert/strict'
import { scriptsOf, summaryLines, summaryOf } from '../../src/index.ts'
import { FULL, planOf } from '../support/plans.ts'

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

describe('the summary of a full plan', () => {
  it('says what every transaction is for, in words of its own', () => {
    const { transactions, signatures } = summaryOf(planOf(FULL))
    assert.equal(transactions.length, 30)
    assert.equal(signatures, 60)
    const purposeOf = (id: string): string => transactions.find((one) => one.id === id)?.purpose ?? assert.fail(id)
    assert.match(purposeOf('anyone-can-pay-1'), /takes unvault-1 back to deep cold with a coin of a member/)
    assert.match(purposeOf('anchored-2'), /takes unvault-2 back to deep cold; a member's child transaction can pay/)
    assert.match(purposeOf('dead-man-0'), /to staging for the heir, once it rested for 1000 blocks/)
  })

  it('names staging as where the dead man pays, and its descriptor for a wallet', () => {
    const plan = planOf(FULL)
    const { staging } = scriptsOf(plan)
    assert.ok(staging !== null)
    assert.equal(summaryOf(plan).transactions.find(({ id }) => id === 'dead-man-0')?.to, staging.address)
    assert.ok(summaryLines(plan).includes(staging.descriptor))
  })

  it('says in which order an ephemeral set is made, and that nobody undoes the heir then', () => {
    assert.deepEqual(summaryOf(planOf()).steps, [])
    const { steps } = summaryOf(planOf({ ...FULL, signing: 'ephemeral' }))
    const at = (word: RegExp): number => steps.findIndex((step) => word.test(step))
    const order = [/^Make cold keys/, /Do not broadcast it/, /^Sign/, /^Enrol/, /^Destroy/, /^Broadcast/].map(at)
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5])
    assert.match(steps[4] ?? '', /whoever kept 2 of the 3 can still steal/)
    const says = (signing: 'presigned' | 'ephemeral', words: RegExp): boolean =>
      summaryLines(planOf({ ...FULL, signing })).some((line) => words.test(line))
    assert.ok(says('ephemeral', /nobody can take it back/))
    assert.ok(says('presigned', /your cold keys can take it back/))
  })
})
