import assert from 'node:assert/strict'
import { script, Transaction } from 'bitcoinjs-lib'
import { concat, sats } from '@belfry/protocol/primitives'
import {
  acceptRecoverySet, acceptUnvaults, buildRecoverySet, feerate, type Finding, type FindingCode, type PresignedTransaction,
  RecoverySetRefused, scriptsOf, signLowR, type TransactionId, type VaultPlan, verifyRecoverySet, verifyUnvaults,
} from '../../src/index.ts'
import { testKeys, type TestKey } from '../support/keys.ts'
import { COLD, HOT, planOf, pubs, request, signedSet } from '../support/plans.ts'

const PLAN = planOf()
const CONFIRMED = { deep_cold_descriptor: scriptsOf(PLAN).deep_cold.descriptor }
const PRESIGNED = signedSet(PLAN).transactions.map(({ id, raw }): PresignedTransaction => ({ id, raw }))

function findingsOf(presigned: readonly PresignedTransaction[], plan: VaultPlan = PLAN): Finding[] {
  return verifyRecoverySet(plan, presigned, { deep_cold_descriptor: scriptsOf(plan).deep_cold.descriptor })
}

function replaced(id: TransactionId, raw: Uint8Array): PresignedTransaction[] {
  return PRESIGNED.map((transaction) => (transaction.id === id ? { id, raw } : transaction))
}

function codes(findings: readonly Finding[], id?: string): FindingCode[] {
  return findings.filter((finding) => id === undefined || finding.id === id).map(({ code }) => code)
}

/** Changes an unsigned transaction and signs it anew with keys that may be the right ones. */
function resigned(
  id: TransactionId,
  change: (transaction: Transaction) => void,
  keys: readonly TestKey[] = COLD.slice(0, 2),
  witness: (signatures: Uint8Array[], witness_script: Uint8Array) => Uint8Array[] = usualWitness(id),
): Uint8Array {
  const unsigned = buildRecoverySet(PLAN).find((one) => one.id === id)
  assert.ok(unsigned !== undefined)
  const transaction = Transaction.fromBuffer(unsigned.raw)
  change(transaction)
  const { witness_script, value } = unsigned.spends
  const digest = transaction.hashForWitnessV0(0, witness_script, value, Transaction.SIGHASH_ALL)
  const signatures = keys.map(({ secret }) => script.signature.encode(signLowR(secret, digest), Transaction.SIGHASH_ALL))
  transaction.setWitness(0, witness(signatures, witness_script))
  return transaction.toBuffer()
}

const EMPTY = new Uint8Array(0)
const asIs = (): void => {}

function usualWitness(id: TransactionId) {
  return (signatures: Uint8Array[], witness_script: Uint8Array): Uint8Array[] =>
    id.startsWith('clawback') ? [EMPTY, ...signatures, EMPTY, witness_script] : [EMPTY, ...signatures, witness_script]
}

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
    assert.deepEqual(codes(verifyRecoverySet(PLAN, PRESIGNED, { deep_cold_descriptor: other })), ['destination-not-confirmed'])
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
    ['wrong-version', 'clawback-0-0', (tx) => { tx.version = 2 }],
    ['wrong-locktime', 'emergency-0', (tx) => { tx.locktime = 800_000 }],
    ['wrong-outpoint', 'emergency-1', (tx) => { inputOf(tx).index = 1 }],
    ['wrong-outpoint', 'clawback-0-1', (tx) => { inputOf(tx).hash = new Uint8Array(32) }],
    ['wrong-sequence', 'clawback-0-2', (tx) => { inputOf(tx).sequence = 0xffffffff }],
    ['wrong-sequence', 'emergency-0', (tx) => { inputOf(tx).sequence = 144 }],
    ['fee-above-rate', 'clawback-0-3', (tx) => { outputOf(tx).value -= 1n }],
    ['fee-below-rate', 'clawback-0-3', (tx) => { outputOf(tx).value += 1n }],
    ['wrong-output-script', 'emergency-1', (tx) => { outputOf(tx).script = scriptsOf(PLAN).deposit.script }],
    ['wrong-output-count', 'clawback-0-0', (tx) => { tx.addOutput(outputOf(tx).script, 0n) }],
  ]
  for (const [code, id, change] of oneThing) {
    it(`finds ${code} in ${id}, though the cold keys signed it so`, () => {
      const findings = findingsOf(replaced(id, resigned(id, change)))
      assert.deepEqual(codes(findings), [code])
      assert.ok(findings[0]?.sentence.startsWith(`${id}: `))
    })
  }

  it('finds a second input and a scriptSig', () => {
    const two = resigned('emergency-0', (tx) => { tx.addInput(new Uint8Array(32).fill(9), 0) })
    assert.deepEqual(codes(findingsOf(replaced('emergency-0', two))), ['wrong-input-count', 'fee-below-rate'])
    const scriptSig = Transaction.fromBuffer(resigned('emergency-0', asIs))
    scriptSig.setInputScript(0, Uint8Array.of(0))
    assert.ok(codes(findingsOf(replaced('emergency-0', scriptSig.toBuffer()))).includes('script-sig-present'))
  })

  it('finds the unvault of another plan, and that the clawbacks do not spend it', () => {
    const other = resigned('unvault-0', (tx) => { outputOf(tx).value -= 1_000n })
    const findings = findingsOf(replaced('unvault-0', other))
    assert.deepEqual(codes(findings, 'unvault-0'), ['fee-above-rate'])
    for (const rung of [0, 1, 2, 3]) {
      assert.deepEqual(codes(findings, `clawback-0-${rung}`), [
        'wrong-outpoint', 'fee-below-rate', 'signature-invalid', 'signature-invalid',
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

describe('the verification of a witness', () => {
  const [first, second] = COLD
  assert.ok(first !== undefined && second !== undefined)
  const foundWith = (id: TransactionId, keys: readonly TestKey[], witness = usualWitness(id)): FindingCode[] =>
    codes(findingsOf(replaced(id, resigned(id, asIs, keys, witness))))

  it('finds signatures of strangers, and of the hot key', () => {
    assert.deepEqual(foundWith('clawback-0-0', [first, HOT]), ['signature-invalid'])
    assert.deepEqual(foundWith('clawback-0-0', testKeys('stranger', 2)), ['signature-invalid', 'signature-invalid'])
  })

  it('finds the same key twice', () => {
    assert.deepEqual(foundWith('emergency-0', [first, first]), ['signature-invalid'])
  })

  it('finds signatures in another order than the keys, which CHECKMULTISIG refuses', () => {
    assert.deepEqual(foundWith('emergency-0', [second, first]), ['signature-invalid'])
  })

  it('finds too few and too many signatures', () => {
    assert.ok(foundWith('emergency-0', [first]).includes('witness-shape'))
    assert.ok(foundWith('emergency-0', COLD).includes('witness-shape'))
  })

  it('finds an item too many, and one that should be empty', () => {
    assert.deepEqual(
      foundWith('clawback-0-0', [first, second], (signatures, ws) => [EMPTY, ...signatures, EMPTY, EMPTY, ws]),
      ['witness-shape'],
    )
    const filled = foundWith('clawback-0-0', [first, second], (signatures, ws) => [
      Uint8Array.of(1), ...signatures, EMPTY, ws,
    ])
    assert.ok(filled.includes('witness-shape'))
    // The hot key's signature where its absence belongs would take the other branch.
    const hot = foundWith('clawback-0-0', [first, second], ([a = EMPTY, b = EMPTY], ws) => [EMPTY, a, b, a, ws])
    assert.ok(hot.includes('witness-shape'))
  })

  it('finds another witness script', () => {
    const { witness_script } = scriptsOf(PLAN).deposit
    const found = foundWith('emergency-0', [first, second], (signatures) => [
      EMPTY, ...signatures, concat(witness_script.subarray(0, -1), Uint8Array.of(0xaf)),
    ])
    assert.deepEqual(found, ['wrong-witness-script'])
  })

  it('finds no witness at all', () => {
    const bare = buildRecoverySet(PLAN).find(({ id }) => id === 'emergency-0')?.raw ?? EMPTY
    assert.ok(codes(findingsOf(replaced('emergency-0', bare))).includes('witness-shape'))
  })

  it('finds a signature that leaves something open, and one that is not strict DER', () => {
    const unsigned = buildRecoverySet(PLAN).find(({ id }) => id === 'emergency-0')
    assert.ok(unsigned !== undefined)
    const { witness_script, value } = unsigned.spends
    const transaction = Transaction.fromBuffer(unsigned.raw)
    const signed = (type: number): Uint8Array[] =>
      [first, second].map(({ secret }) =>
        script.signature.encode(signLowR(secret, transaction.hashForWitnessV0(0, witness_script, value, type)), type),
      )
    transaction.setWitness(0, [EMPTY, ...signed(0x83), witness_script])
    const open = codes(findingsOf(replaced('emergency-0', transaction.toBuffer())))
    assert.deepEqual(open, ['signature-sighash-type', 'signature-sighash-type'])
    const [a = EMPTY, b = EMPTY] = signed(1)
    transaction.setWitness(0, [EMPTY, concat(a.subarray(0, 4), Uint8Array.of(0), a.subarray(4)), b, witness_script])
    assert.deepEqual(codes(findingsOf(replaced('emergency-0', transaction.toBuffer()))), ['signature-encoding'])
  })
})

describe('acceptRecoverySet', () => {
  it('gives the set in the order of its plan, with what it found in the bytes', () => {
    const { transactions } = acceptRecoverySet(PLAN, PRESIGNED.toReversed(), CONFIRMED)
    assert.deepEqual(transactions.map(({ id }) => id), PRESIGNED.map(({ id }) => id))
    assert.deepEqual(transactions.map(({ fee }) => fee), [316n, 338n, 1_690n, 8_450n, 42_250n, 1_580n, 39_500n])
  })

  it('keeps its own copy of the bytes', () => {
    const raws = PRESIGNED.map(({ id, raw }) => ({ id, raw: raw.slice() }))
    const { transactions } = acceptRecoverySet(PLAN, raws, CONFIRMED)
    for (const { raw } of raws) raw.fill(0)
    assert.deepEqual(transactions.map(({ raw }) => raw), PRESIGNED.map(({ raw }) => raw))
  })

  it('refuses with every finding', () => {
    assert.throws(
      () => acceptRecoverySet(PLAN, PRESIGNED.slice(2), CONFIRMED),
      (error: unknown) => error instanceof RecoverySetRefused && error.code === 'set-refused' && error.findings.length > 2,
    )
  })
})

describe('verifyUnvaults', () => {
  it('takes the unvaults and nothing else', () => {
    assert.deepEqual(verifyUnvaults(PLAN, PRESIGNED.slice(0, 1)), [])
    assert.deepEqual(acceptUnvaults(PLAN, PRESIGNED.slice(0, 1)).map(({ id }) => id), ['unvault-0'])
    assert.deepEqual(codes(verifyUnvaults(PLAN, [])), ['transaction-missing'])
    assert.equal(verifyUnvaults(PLAN, PRESIGNED).length, PRESIGNED.length - 1)
  })

  it('finds the unvault of a vault of another value', () => {
    const plan = planOf({ deposit: { ...request().deposit, value: sats(50_000_001) } })
    assert.ok(codes(verifyUnvaults(plan, PRESIGNED.slice(0, 1))).includes('signature-invalid'))
  })
})
