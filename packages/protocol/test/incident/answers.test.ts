import assert from 'node:assert/strict'
import { ACTION_ON, type BumpAnswer, givesWay } from '../../src/index.ts'
import { wantsMore } from '../../src/incident/answers.ts'

const ANSWERS = Object.keys(ACTION_ON) as BumpAnswer[]

describe('what an answer to a broadcast calls for', () => {
  it('is the table of what bitcoind says', () => {
    assert.deepEqual(ACTION_ON, {
      accepted: 'success',
      'already-known': 'success',
      'fee-too-low': 'higher-rung',
      conflict: 'look-at-conflict',
      'inputs-missing': 'find-spender',
      'not-final': 'keep-until-final',
      unreachable: 'keep',
      'mempool-limits': 'next-envelope',
      'non-standard': 'next-envelope',
      rejected: 'next-envelope',
      'script-invalid': 'bad-set',
      invalid: 'bad-set',
      'no-coin': 'next-envelope',
      'over-budget': 'keep',
    })
  })

  it('gives way to another envelope where that may fare better, and to nothing where a like one of ours has the coin', () => {
    const stays = ANSWERS.filter((answer) => !givesWay(answer, false))
    assert.deepEqual(stays.toSorted(), ['accepted', 'already-known', 'inputs-missing', 'not-final', 'over-budget', 'unreachable'])
    assert.deepEqual(ANSWERS.filter((answer) => givesWay(answer, false) !== givesWay(answer, true)), ['conflict'])
  })

  it('asks for more only where the price was refused', () => {
    assert.deepEqual(ANSWERS.filter(wantsMore), ['fee-too-low', 'conflict'])
  })
})
