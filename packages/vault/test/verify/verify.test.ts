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
import { COLD, FULL, planOf, pubs, request, signedSet } from '../support/plans.ts'
import { asIs, codes, CONFIRMED, EMPTY, findingsAlone, findingsOf, PLAN, PRESIGNED, replaced, resigned, resignedFor } from '../support/presigned.ts'

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

describe('the verification of a full set', () => {
  const plan = planOf(FULL)
  const set = signedSet(plan).transactions.map(({ id, raw }) => ({ id, raw }))
  const foundIn = (id: TransactionId, raw: Uint8Array): FindingCode[] =>
    codes(
      findingsOf(
        set.map((one) => (one.id === id ? { id, raw } : one)),
        plan,
      ),
    )
  const changed = (id: TransactionId, change: (transaction: Transaction) => void): FindingCode[] =>
    foundIn(id, resignedFor(plan, id, change))

  it('finds nothing wrong with a good one', () => {
    assert.deepEqual(findingsOf(set, plan), [])
    for (const id of ['anyone-can-pay-0', 'anchored-1', 'dead-man-2'] as const) assert.deepEqual(changed(id, asIs), [])
  })

  it('finds each of its transactions missing', () => {
    for (const { id } of set) {
      const findings = findingsOf(
        set.filter((one) => one.id !== id),
        plan,
      )
      assert.ok(findings.some((one) => one.code === 'transaction-missing' && one.id === id))
    }
  })

  it('finds an anyone-can-pay clawback that no coin can join, and a clawback that one could', () => {
    const wrong = (id: TransactionId, type: number) => foundIn(id, resignedFor(plan, id, asIs, { type }))
    const twice = ['signature-sighash-type', 'signature-sighash-type']
    assert.deepEqual(wrong('anyone-can-pay-0', 0x01), twice)
    assert.deepEqual(wrong('clawback-0-0', 0x81), twice)
    assert.deepEqual(wrong('anchored-0', 0x81), twice)
    assert.deepEqual(wrong('dead-man-0', 0x81), twice)
    // NONE and SINGLE would let others choose where the coin goes.
    for (const type of [0x02, 0x03, 0x82, 0x83]) assert.deepEqual(wrong('anyone-can-pay-2', type), twice)
  })

  it('finds a coin that joined already: its owner decides later, with the market', () => {
    const joined = Transaction.fromBuffer(set.find(({ id }) => id === 'anyone-can-pay-0')?.raw ?? EMPTY)
    joined.addInput(new Uint8Array(32).fill(9), 0)
    assert.ok(foundIn('anyone-can-pay-0', joined.toBuffer()).includes('wrong-input-count'))
  })

  const anchorOf = (transaction: Transaction) => transaction.outs[1] ?? assert.fail('no anchor')
  it('finds an anchor that is missing, of another value, of another script, or in another place', () => {
    assert.deepEqual(
      changed('anchored-0', (tx) => void tx.outs.pop()),
      ['wrong-output-count'],
    )
    assert.deepEqual(
      changed('anchored-0', (tx) => {
        anchorOf(tx).value += 1n
        outputOf(tx).value -= 1n
      }),
      ['wrong-anchor'],
    )
    assert.deepEqual(
      changed('anchored-1', (tx) => {
        anchorOf(tx).script = Uint8Array.of(0x51, 0x02, 0x4e, 0x74)
      }),
      ['wrong-anchor'],
    )
    assert.deepEqual(
      changed('anchored-2', (tx) => {
        tx.outs = tx.outs.toReversed()
      }),
      ['wrong-output-script', 'wrong-anchor'],
    )
    assert.deepEqual(
      changed('clawback-0-0', (tx) => void tx.addOutput(Uint8Array.of(0x51, 0x02, 0x4e, 0x73), 240n)),
      ['wrong-output-count'],
    )
  })

  it('finds a dead man that waits for another time, or for none', () => {
    for (const sequence of [999, 1_001, 0, 0xffff_fffd, 0xffff_ffff, 0x40_03e8]) {
      assert.deepEqual(
        changed('dead-man-0', (tx) => {
          inputOf(tx).sequence = sequence
        }),
        ['wrong-sequence'],
      )
    }
    assert.deepEqual(
      changed('emergency-0', (tx) => {
        inputOf(tx).sequence = 1_000
      }),
      ['wrong-sequence'],
    )
  })

  it('finds a version in which the wait would not count', () => {
    assert.deepEqual(
      changed('dead-man-1', (tx) => {
        tx.version = 1
      }),
      ['wrong-version'],
    )
  })

  it('finds a dead man that pays another than staging', () => {
    const { deep_cold, deposit } = scriptsOf(plan)
    for (const { script } of [deep_cold, deposit]) {
      assert.deepEqual(
        changed('dead-man-0', (tx) => {
          outputOf(tx).script = script
        }),
        ['wrong-output-script'],
      )
    }
  })

  it('finds any transaction in the place of any other', () => {
    for (const { id } of set) {
      for (const other of set) {
        if (other.id === id) continue
        assert.notDeepEqual(findingsAlone(set, { id, raw: other.raw }, plan), [], `${other.id} as ${id}`)
      }
    }
  })
})
