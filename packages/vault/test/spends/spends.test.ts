import assert from 'node:assert/strict'
import { parseTxid, sats } from '@belfry/protocol/primitives'
import {
  buildColdSpend,
  buildHeirSpend,
  buildHotSpend,
  buildRecoverySet,
  buildStagingReturn,
  decodeTransaction,
  feerate,
  scriptOfAddress,
} from '../../src/index.ts'
import { signerOf } from '../support/keys.ts'
import { COLD, FULL, HEIR, HOT, planOf, pubs, request } from '../support/plans.ts'
import { refused } from '../support/refusals.ts'

const ELSEWHERE = scriptOfAddress('bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'regtest')
const P2WSH = scriptOfAddress('bcrt1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqseac85', 'regtest')

describe('buildHotSpend', () => {
  const plan = planOf()
  const unvault = buildRecoverySet(plan)[0] ?? assert.fail('an empty set')

  it('waits for the window and pays anywhere', () => {
    const spend = buildHotSpend(plan, unvault.txid, ELSEWHERE, feerate(10_000), signerOf([HOT]))
    const { inputs, outputs, vsize, txid } = decodeTransaction(spend.raw)
    assert.deepEqual(
      inputs.map(({ outpoint, sequence }) => [outpoint, sequence]),
      [[`${unvault.txid}:0`, 144]],
    )
    assert.deepEqual(outputs, [{ value: unvault.pays.value - spend.fee, script: ELSEWHERE }])
    assert.equal(vsize, spend.vsize)
    assert.equal(txid, spend.txid)
  })

  it('has the size of the design, 138 vB, when it pays to P2WPKH', () => {
    assert.equal(buildHotSpend(plan, unvault.txid, ELSEWHERE, feerate(2_000), signerOf([HOT])).vsize, 138)
    assert.equal(buildHotSpend(plan, unvault.txid, P2WSH, feerate(2_000), signerOf([HOT])).vsize, 150)
  })

  it('refuses a txid that is no unvault of the plan, and a fee that takes all', () => {
    const other = parseTxid('ab'.repeat(32))
    refused('spend-impossible', () => buildHotSpend(plan, other, ELSEWHERE, feerate(2_000), signerOf([HOT])))
    const small = planOf({ deposit: { ...request().deposit, value: sats(100_000) } })
    const { txid } = buildRecoverySet(small)[0] ?? assert.fail('an empty set')
    refused('spend-impossible', () => buildHotSpend(small, txid, ELSEWHERE, feerate(1_000_000), signerOf([HOT])))
  })
})

describe('buildColdSpend', () => {
  it('pays the deposit anywhere at once', () => {
    const plan = planOf()
    const spend = buildColdSpend(plan, pubs(COLD.slice(1)), ELSEWHERE, feerate(20_000), signerOf(COLD))
    const { inputs, outputs } = decodeTransaction(spend.raw)
    assert.deepEqual(
      inputs.map(({ outpoint, sequence }) => [outpoint, sequence]),
      [[plan.deposit.outpoint, 0xfffffffd]],
    )
    assert.deepEqual(outputs, [{ value: plan.deposit.value - spend.fee, script: ELSEWHERE }])
  })

  it('refuses too few keys', () => {
    const [one] = COLD
    assert.ok(one !== undefined)
    refused('signatures-missing', () => buildColdSpend(planOf(), [one.pub], ELSEWHERE, feerate(2_000), signerOf(COLD)))
  })
})

describe('the spends of staging', () => {
  const plan = planOf(FULL)
  const dead = buildRecoverySet(plan).find(({ id }) => id === 'dead-man-1') ?? assert.fail('no dead man')

  it('let the heir pay it anywhere once staging is over', () => {
    const spend = buildHeirSpend(plan, dead.txid, ELSEWHERE, feerate(10_000), signerOf([HEIR]))
    const { inputs, outputs } = decodeTransaction(spend.raw)
    assert.deepEqual(
      inputs.map(({ outpoint, sequence }) => [outpoint, sequence]),
      [[`${dead.txid}:0`, 4_320]],
    )
    assert.deepEqual(outputs, [{ value: dead.pays.value - spend.fee, script: ELSEWHERE }])
  })

  it('let the cold keys take it back at once', () => {
    const back = buildStagingReturn(plan, dead.txid, pubs(COLD), ELSEWHERE, feerate(10_000), signerOf(COLD))
    const { version, inputs } = decodeTransaction(back.raw)
    assert.equal(inputs[0]?.sequence, 0xfffffffd)
    assert.equal(version, 3, 'so that it may follow a dead man that is not mined (BIP-431)')
    const [one] = COLD
    assert.ok(one !== undefined)
    refused('signatures-missing', () =>
      buildStagingReturn(plan, dead.txid, [one.pub], ELSEWHERE, feerate(10_000), signerOf(COLD)),
    )
  })

  it('are of no transaction but the dead man of this plan', () => {
    const unvault = buildRecoverySet(plan)[0] ?? assert.fail('an empty set')
    const heir = (txid: typeof dead.txid, of = plan) =>
      buildHeirSpend(of, txid, ELSEWHERE, feerate(10_000), signerOf([HEIR]))
    refused('spend-impossible', () => heir(unvault.txid))
    refused('spend-impossible', () => heir(dead.txid, planOf()))
  })
})
