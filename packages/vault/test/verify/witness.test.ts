import assert from 'node:assert/strict'
import { script, Transaction } from 'bitcoinjs-lib'
import { concat } from '@belfry/protocol/primitives'
import { buildRecoverySet, type FindingCode, scriptsOf, type TransactionId } from '../../src/index.ts'
import { signLowR, type TestKey, testKeys } from '../support/keys.ts'
import { COLD, HOT } from '../support/plans.ts'
import { asIs, codes, EMPTY, findingsOf, PLAN, replaced, resigned, usualWitness } from '../support/presigned.ts'

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
      Uint8Array.of(1),
      ...signatures,
      EMPTY,
      ws,
    ])
    assert.ok(filled.includes('witness-shape'))
    // The hot key's signature where its absence belongs would take the other branch.
    const hot = foundWith('clawback-0-0', [first, second], ([a = EMPTY, b = EMPTY], ws) => [EMPTY, a, b, a, ws])
    assert.ok(hot.includes('witness-shape'))
  })

  it('finds another witness script', () => {
    const { witness_script } = scriptsOf(PLAN).deposit
    const found = foundWith('emergency-0', [first, second], (signatures) => [
      EMPTY,
      ...signatures,
      concat(witness_script.subarray(0, -1), Uint8Array.of(0xaf)),
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
