import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { Transaction } from 'bitcoinjs-lib'
import * as fc from 'fast-check'
import { envelopeLabels } from '@belfry/protocol'
import { outpointOf, toHex } from '@belfry/protocol/primitives'
import { buildRecoverySet, decodeTransaction, feerate, scriptsOf } from '../../src/index.ts'
import { randomVault, signAll } from '../support/arbitraries.ts'
import { FULL, planOf, signedSet } from '../support/plans.ts'

describe('buildRecoverySet', () => {
  it('builds U, then K, then E, with ids that say so', () => {
    assert.deepEqual(
      buildRecoverySet(planOf()).map(({ id }) => id),
      ['unvault-0', 'clawback-0-0', 'clawback-0-1', 'clawback-0-2', 'clawback-0-3', 'emergency-0', 'emergency-1'],
    )
  })

  it('has the sizes and fees of the design', () => {
    assert.deepEqual(
      buildRecoverySet(planOf()).map(({ vsize, fee }) => [vsize, fee]),
      [
        [158, 316n],
        [169, 338n],
        [169, 1_690n],
        [169, 8_450n],
        [169, 42_250n],
        [158, 1_580n],
        [158, 39_500n],
      ],
    )
    const weights = signedSet().transactions.map(({ raw }) => decodeTransaction(raw).weight)
    assert.deepEqual([...new Set(weights)], [630, 673])
  })

  it('is version 3, one replaceable input, no locktime, one output', () => {
    for (const { raw, txid, spends, pays } of buildRecoverySet(planOf())) {
      const decoded = decodeTransaction(raw)
      assert.equal(decoded.version, 3)
      assert.equal(decoded.locktime, 0)
      assert.equal(decoded.txid, txid)
      assert.deepEqual(decoded.inputs, [
        { outpoint: spends.outpoint, sequence: 0xfffffffd, script_sig: new Uint8Array() },
      ])
      assert.deepEqual(decoded.outputs, [pays])
    }
  })

  it('gives each unvault variant a clawback ladder that spends it', () => {
    const plan = planOf({ rungs: { unvault: [2, 20, 100].map((rate) => feerate(rate * 1000)) } })
    const set = buildRecoverySet(plan)
    const unvaults = set.filter(({ place }) => place.purpose === 'unvault')
    assert.equal(unvaults.length, 3)
    assert.equal(set.length, 3 + 3 * 4 + 2)
    for (const { id, place, spends } of set) {
      if (place.purpose !== 'clawback') {
        assert.equal(spends.outpoint, plan.deposit.outpoint, id)
        continue
      }
      const unvault = unvaults[place.variant]
      assert.ok(unvault !== undefined)
      assert.equal(spends.outpoint, outpointOf(unvault.txid, 0))
      assert.equal(spends.value, unvault.pays.value)
    }
  })

  it('knows the txids before anybody signs', () => {
    const plan = planOf()
    assert.deepEqual(
      signedSet(plan).transactions.map(({ txid }) => txid),
      buildRecoverySet(plan).map(({ txid }) => txid),
    )
  })

  it('hands out the BIP-143 digest of SIGHASH_ALL', () => {
    for (const { raw, sighash, spends } of buildRecoverySet(planOf())) {
      const digest = Transaction.fromBuffer(raw).hashForWitnessV0(0, spends.witness_script, spends.value, 1)
      assert.deepEqual(sighash, digest)
    }
  })

  it('declares sizes that the signed transactions come near but do not exceed, for every plan', () => {
    fc.assert(
      fc.property(randomVault(), (vault) => {
        const built = buildRecoverySet(vault.plan)
        const signed = signAll(vault).transactions
        signed.forEach((transaction, index) => {
          const { vsize, fee, pays, anchor, spends, feerate } = built[index] ?? assert.fail('shorter')
          assert.ok(transaction.vsize <= vsize)
          // Per signature one byte for the ground R, and room for the rare R or S that begins with a zero byte or two.
          assert.ok(vsize - transaction.vsize <= vault.plan.cold.threshold)
          assert.equal(spends.value - pays.value - (anchor?.value ?? 0n), fee)
          assert.equal(transaction.fee, fee)
          assert.ok(fee * 1000n >= BigInt(transaction.vsize) * BigInt(feerate))
        })
      }),
      { numRuns: 10, endOnFailure: true },
    )
  })

  it('brings the coin to deep cold by clawback and emergency, and to the unvault script by U', () => {
    const plan = planOf()
    const { unvault, deep_cold } = scriptsOf(plan)
    for (const { place, pays } of buildRecoverySet(plan)) {
      assert.deepEqual(pays.script, place.purpose === 'unvault' ? unvault.script : deep_cold.script)
    }
  })
})

describe('a signed transaction', () => {
  it('shows its bytes to nobody who prints it', () => {
    for (const transaction of signedSet().transactions) {
      const hex = toHex(transaction.raw)
      assert.ok(!inspect(transaction, { depth: 9 }).includes(hex.slice(0, 16)))
      assert.ok(
        !JSON.stringify(Object.entries(transaction), (_, value: unknown) =>
          typeof value === 'bigint' ? 0 : value,
        ).includes(hex.slice(0, 16)),
      )
      assert.deepEqual(Object.keys(transaction).toSorted(), [
        'fee',
        'feerate',
        'id',
        'outputs_hash',
        'place',
        'txid',
        'vsize',
        'wtxid',
      ])
    }
  })
})

describe('a full recovery set', () => {
  const plan = planOf(FULL)
  const set = buildRecoverySet(plan)
  const part = (id: string) => set.find((one) => one.id === id) ?? assert.fail(`no ${id}`)

  it('has the labels of a manifest of the same shape, in the same order, after its unvaults', () => {
    const clawback = plan.rungs.clawback
    const unvaults = plan.rungs.unvault.map(() => ({ clawback, anyone_can_pay: {}, anchored: {} }))
    const { emergency, dead_man } = plan.rungs
    const labels = envelopeLabels({ unvaults, emergency, dead_man }).filter((label) => label !== 'drill')
    assert.deepEqual(
      set.map(({ id }) => id),
      ['unvault-0', 'unvault-1', 'unvault-2', ...labels],
    )
    assert.equal(set.length, 30)
  })

  it('has the sizes and fees of the design', () => {
    const sizes = ['anyone-can-pay-0', 'anchored-0', 'dead-man-0', 'clawback-0-4'].map((id) => {
      const { vsize, fee } = part(id)
      return [vsize, fee]
    })
    assert.deepEqual(sizes, [
      [169, 342n],
      [182, 364n],
      [158, 1_580n],
      [169, 169_000n],
    ])
  })

  it('has txids that differ, for every plan: PSBTs and members tell transactions by them', () => {
    assert.equal(new Set(set.map(({ txid }) => txid)).size, set.length)
    fc.assert(
      fc.property(randomVault(), ({ plan: any }) => {
        const txids = buildRecoverySet(any).map(({ txid }) => txid)
        assert.equal(new Set(txids).size, txids.length)
      }),
      { numRuns: 25 },
    )
  })

  it('lets a fee coin join the anyone-can-pay clawbacks, and nothing join the others', () => {
    for (const { place, sighash_type, raw, sighash, spends } of set) {
      assert.equal(sighash_type, place.purpose === 'anyone-can-pay' ? 0x81 : 1)
      const joined = Transaction.fromBuffer(raw)
      joined.addInput(new Uint8Array(32).fill(9), 0)
      const digest = joined.hashForWitnessV0(0, spends.witness_script, spends.value, sighash_type)
      assert.equal(toHex(digest) === toHex(sighash), place.purpose === 'anyone-can-pay')
    }
  })

  it('gives the anchored clawback an output of 240 sat that anybody may spend (BIP-433)', () => {
    const { raw, pays } = part('anchored-2')
    const { outputs } = decodeTransaction(raw)
    assert.deepEqual(
      outputs.map(({ script }) => toHex(script)),
      [toHex(scriptsOf(plan).deep_cold.script), '51024e73'],
    )
    assert.deepEqual(
      outputs.map(({ value }) => value),
      [pays.value, 240n],
    )
  })

  it('lets the dead man wait by nSequence, and pays staging', () => {
    const { raw, pays } = part('dead-man-1')
    const { version, locktime, inputs } = decodeTransaction(raw)
    assert.deepEqual([version, locktime], [3, 0])
    assert.deepEqual(
      inputs.map(({ outpoint, sequence }) => [outpoint, sequence]),
      [[plan.deposit.outpoint, 1_000]],
    )
    assert.deepEqual(pays.script, scriptsOf(plan).staging?.script)
  })
})
