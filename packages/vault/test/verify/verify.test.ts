import assert from 'node:assert/strict'
import { Transaction } from 'bitcoinjs-lib'
import { sats } from '@belfry/protocol/primitives'
import {
  acceptUnvaults,
  feerate,
  type FindingCode,
  scriptsOf,
  type TransactionId,
  verifyRecoverySet,
  verifyUnvaults,
} from '../../src/index.ts'
import { COLD, planOf, pubs, request, signedSet } from '../support/plans.ts'
import { asIs, codes, CONFIRMED, EMPTY, findingsOf, PLAN, PRESIGNED, replaced, resigned } from '../support/presigned.ts'

function outputOf(transaction: Transaction): Transaction['outs'][number] {
  return transaction.outs[0] ?? assert.fail('no output')
}

function inputOf(transaction: Transaction): Transaction['ins'][number] {
  return transaction.ins[0] ?? assert.fail('no input')
}

describe('verifyRecoverySet', () => {
  it('finds nothing wrong with a good set, in any order', () => {
    assert.deepEqual(findingsOf(PRESIGNED), [])
    assert.deepEqual(findingsOf(PRESIGNED.toReversed()), [])
  })

  it('accepts any two of the three cold keys', () => {
    const [, second, third] = COLD
    assert.ok(second !== undefined && third !== undefined)
    assert.deepEqual(findingsOf(replaced('clawback-0-1', resigned('clawback-0-1', asIs, [second, third]))), [])
  })

  it('finds a missing, an unexpected and a repeated transaction', () => {
    assert.deepEqual(codes(findingsOf(PRESIGNED.slice(0, -1))), ['transaction-missing'])
    const [first] = PRESIGNED
    assert.ok(first !== undefined)
    assert.deepEqual(codes(findingsOf([...PRESIGNED, first])), ['transaction-repeated'])
    assert.deepEqual(codes(findingsOf([...PRESIGNED, { ...first, id: 'unvault-1' }])), ['transaction-unexpected'])
  })

  it('finds a destination that the owner did not confirm', () => {
    const other = `wsh(multi(2,${pubs(COLD).join(',')}))`
    assert.deepEqual(codes(verifyRecoverySet(PLAN, PRESIGNED, { deep_cold_descriptor: other })), [
      'destination-not-confirmed',
    ])
    const bare = CONFIRMED.deep_cold_descriptor.split('#')[0] ?? ''
    assert.deepEqual(verifyRecoverySet(PLAN, PRESIGNED, { deep_cold_descriptor: bare }), [])
  })

  it('finds bytes that are no transaction, and what depended on them', () => {
    const findings = findingsOf(replaced('unvault-0', Uint8Array.of(1, 2, 3)))
    assert.deepEqual(codes(findings, 'unvault-0'), ['undecodable'])
    assert.deepEqual(codes(findings, 'clawback-0-2'), ['unvault-unusable'])
    assert.deepEqual(codes(findings, 'emergency-0'), [])
    assert.deepEqual(codes(findingsOf(replaced('emergency-0', new Uint8Array(10_001)))), ['undecodable'])
  })

  const oneThing: [FindingCode, TransactionId, (transaction: Transaction) => void][] = [
    [
      'wrong-version',
      'clawback-0-0',
      (tx) => {
        tx.version = 2
      },
    ],
    [
      'wrong-locktime',
      'emergency-0',
      (tx) => {
        tx.locktime = 800_000
      },
    ],
    [
      'wrong-outpoint',
      'emergency-1',
      (tx) => {
        inputOf(tx).index = 1
      },
    ],
    [
      'wrong-outpoint',
      'clawback-0-1',
      (tx) => {
        inputOf(tx).hash = new Uint8Array(32)
      },
    ],
    [
      'wrong-sequence',
      'clawback-0-2',
      (tx) => {
        inputOf(tx).sequence = 0xffffffff
      },
    ],
    [
      'wrong-sequence',
      'emergency-0',
      (tx) => {
        inputOf(tx).sequence = 144
      },
    ],
    [
      'fee-above-rate',
      'clawback-0-3',
      (tx) => {
        outputOf(tx).value -= 1n
      },
    ],
    [
      'fee-below-rate',
      'clawback-0-3',
      (tx) => {
        outputOf(tx).value += 1n
      },
    ],
    [
      'wrong-output-script',
      'emergency-1',
      (tx) => {
        outputOf(tx).script = scriptsOf(PLAN).deposit.script
      },
    ],
    [
      'wrong-output-count',
      'clawback-0-0',
      (tx) => {
        tx.addOutput(outputOf(tx).script, 0n)
      },
    ],
  ]
  for (const [code, id, change] of oneThing) {
    it(`finds ${code} in ${id}, though the cold keys signed it so`, () => {
      const findings = findingsOf(replaced(id, resigned(id, change)))
      assert.deepEqual(codes(findings), [code])
      assert.ok(findings[0]?.sentence.startsWith(`${id}: `))
    })
  }

  it('finds a second input and a scriptSig', () => {
    const two = resigned('emergency-0', (tx) => {
      tx.addInput(new Uint8Array(32).fill(9), 0)
    })
    assert.deepEqual(codes(findingsOf(replaced('emergency-0', two))), ['wrong-input-count', 'fee-below-rate'])
    const scriptSig = Transaction.fromBuffer(resigned('emergency-0', asIs))
    scriptSig.setInputScript(0, Uint8Array.of(0))
    assert.ok(codes(findingsOf(replaced('emergency-0', scriptSig.toBuffer()))).includes('script-sig-present'))
  })

  it('finds the unvault of another plan, and that the clawbacks do not spend it', () => {
    const other = resigned('unvault-0', (tx) => {
      outputOf(tx).value -= 1_000n
    })
    const findings = findingsOf(replaced('unvault-0', other))
    assert.deepEqual(codes(findings, 'unvault-0'), ['fee-above-rate'])
    for (const rung of [0, 1, 2, 3]) {
      assert.deepEqual(codes(findings, `clawback-0-${rung}`), [
        'wrong-outpoint',
        'fee-below-rate',
        'signature-invalid',
        'signature-invalid',
      ])
    }
  })

  it('finds a clawback of another unvault variant in its place', () => {
    const plan = planOf({ rungs: { unvault: [feerate(2_000), feerate(20_000)] } })
    const presigned = signedSet(plan).transactions.map(({ id, raw }) => ({ id, raw }))
    const other = presigned.find(({ id }) => id === 'clawback-1-0')?.raw ?? EMPTY
    const swapped = presigned.map((one) => ({ id: one.id, raw: one.id === 'clawback-0-0' ? other : one.raw }))
    assert.ok(codes(findingsOf(swapped, plan), 'clawback-0-0').includes('wrong-outpoint'))
  })

  it('finds one rung in the place of another', () => {
    const top = PRESIGNED.find(({ id }) => id === 'clawback-0-3')?.raw ?? EMPTY
    assert.deepEqual(codes(findingsOf(replaced('clawback-0-0', top))), ['fee-above-rate'])
  })
})

describe('verifyUnvaults', () => {
  it('takes the unvaults and nothing else', () => {
    assert.deepEqual(verifyUnvaults(PLAN, PRESIGNED.slice(0, 1)), [])
    assert.deepEqual(
      acceptUnvaults(PLAN, PRESIGNED.slice(0, 1)).map(({ id }) => id),
      ['unvault-0'],
    )
    assert.deepEqual(codes(verifyUnvaults(PLAN, [])), ['transaction-missing'])
    assert.equal(verifyUnvaults(PLAN, PRESIGNED).length, PRESIGNED.length - 1)
  })

  it('finds the unvault of a vault of another value', () => {
    const plan = planOf({ deposit: { ...request().deposit, value: sats(50_000_001) } })
    assert.ok(codes(verifyUnvaults(plan, PRESIGNED.slice(0, 1))).includes('signature-invalid'))
  })
})
