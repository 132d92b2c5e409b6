import assert from 'node:assert/strict'
import { Transaction, crypto, opcodes, script as scripts } from 'bitcoinjs-lib'
import * as ecc from 'tiny-secp256k1'
import { concat, equalBytes } from '@belfry/protocol/primitives'
import { signatureVerdict } from '../../src/bip128/signatures.ts'

const VALUE = 100_000n
const PRIVATE = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
const PUBLIC = PRIVATE.map((key) => ecc.pointFromScalar(key, true) ?? assert.fail())
const [, , carol] = PRIVATE

function unsigned(sequence = 0x0040_0152): Transaction {
  const transaction = new Transaction()
  transaction.version = 2
  transaction.addInput(new Uint8Array(32).fill(7), 0, sequence)
  transaction.addOutput(Uint8Array.of(0x51), 90_000n)
  return transaction
}

/** The transaction with the witness that `make` gives it. */
function signed(make: (transaction: Transaction) => Uint8Array[], sequence?: number): Uint8Array {
  const transaction = unsigned(sequence)
  transaction.setWitness(0, make(transaction))
  return transaction.toBuffer()
}

function ecdsa(transaction: Transaction, code: Uint8Array, key: Uint8Array | undefined): Uint8Array {
  assert.ok(key)
  const digest = transaction.hashForWitnessV0(0, code, VALUE, Transaction.SIGHASH_ALL)
  return scripts.signature.encode(ecc.sign(digest, key), Transaction.SIGHASH_ALL)
}

const wsh = (witness_script: Uint8Array): Uint8Array => concat(Uint8Array.of(0, 32), crypto.sha256(witness_script))
const verdict = (raw: Uint8Array, script: Uint8Array) => signatureVerdict(raw, { script, value: VALUE })

describe('the signatures of a recovery transaction', () => {
  it('are looked at where a key spends by its hash', () => {
    const [, bob] = PUBLIC
    assert.ok(bob)
    const script = concat(Uint8Array.of(0, 20), crypto.hash160(bob))
    const code = concat(Uint8Array.of(0x76, 0xa9, 0x14), crypto.hash160(bob), Uint8Array.of(0x88, 0xac))
    assert.equal(verdict(signed((one) => [ecdsa(one, code, PRIVATE[1]), bob]), script), 'valid')
    assert.equal(verdict(signed((one) => [ecdsa(one, code, carol), bob]), script), 'invalid')
    assert.equal(verdict(signed((one) => [ecdsa(one, code, PRIVATE[1])]), script), 'invalid')
    assert.equal(signatureVerdict(signed((one) => [ecdsa(one, code, PRIVATE[1]), bob]), { script, value: VALUE + 1n }), 'invalid')
  })

  it('are looked at where enough keys of a multisig spend, each once and in their order', () => {
    const two = scripts.compile([0x52, ...PUBLIC, 0x53, opcodes['OP_CHECKMULTISIG'] ?? 0])
    const by = (...keys: readonly (Uint8Array | undefined)[]) =>
      verdict(signed((one) => [new Uint8Array(), ...keys.map((key) => ecdsa(one, two, key)), two]), wsh(two))
    const [alice, bob] = PRIVATE
    assert.equal(by(alice, bob), 'valid')
    assert.equal(by(alice, carol), 'valid')
    assert.equal(by(carol, alice), 'invalid')
    assert.equal(by(alice, alice), 'invalid')
    assert.equal(by(alice), 'invalid')
    assert.equal(verdict(signed((one) => [new Uint8Array(), ecdsa(one, two, alice), ecdsa(one, two, bob), two]), wsh(Uint8Array.of(1))), 'invalid')
  })

  it('are looked at where a key spends after a wait of blocks, and must wait as long', () => {
    const [alice, bob] = PUBLIC
    assert.ok(alice && bob)
    const staging = scripts.compile([
      alice, opcodes['OP_CHECKSIG'] ?? 0, opcodes['OP_NOTIF'] ?? 0,
      0x51, bob, 0x51, opcodes['OP_CHECKMULTISIG'] ?? 0,
      opcodes['OP_ELSE'] ?? 0, scripts.number.encode(4_320), opcodes['OP_CHECKSEQUENCEVERIFY'] ?? 0, opcodes['OP_ENDIF'] ?? 0,
    ])
    const after = (sequence: number, key = PRIVATE[0]) =>
      verdict(signed((one) => [ecdsa(one, staging, key), staging], sequence), wsh(staging))
    assert.equal(after(4_320), 'valid')
    assert.equal(after(4_319), 'invalid')
    assert.equal(after(0x0040_0000 | 5_000), 'invalid', 'seconds do not satisfy blocks')
    assert.equal(after(4_320, carol), 'invalid')
  })

  it('are not judged by a script that only begins and ends as one of ours', () => {
    const [alice] = PUBLIC
    assert.ok(alice)
    const other = scripts.compile([
      alice, opcodes['OP_CHECKSIG'] ?? 0, opcodes['OP_NOTIF'] ?? 0, opcodes['OP_ENDIF'] ?? 0, opcodes['OP_RETURN'] ?? 0, 0x51, opcodes['OP_IF'] ?? 0,
      opcodes['OP_ELSE'] ?? 0, scripts.number.encode(4_320), opcodes['OP_CHECKSEQUENCEVERIFY'] ?? 0, opcodes['OP_ENDIF'] ?? 0,
    ])
    assert.equal(verdict(signed((one) => [ecdsa(one, other, PRIVATE[0]), other], 4_320), wsh(other)), 'unknown')
  })

  it('are looked at where a taproot key spends', () => {
    const [alice] = PUBLIC
    const [key] = PRIVATE
    assert.ok(alice && key)
    const script = concat(Uint8Array.of(0x51, 32), alice.subarray(1))
    const sign = (one: Transaction) => ecc.signSchnorr(one.hashForWitnessV1(0, [script], [VALUE], Transaction.SIGHASH_DEFAULT), key)
    assert.equal(verdict(signed((one) => [sign(one)]), script), 'valid')
    assert.equal(verdict(signed((one) => [sign(one).with(0, 1)]), script), 'invalid')
    assert.equal(verdict(signed((one) => [concat(sign(one), Uint8Array.of(0))]), script), 'invalid', 'a type of 0 is written by leaving it out')
  })

  it('are not judged where the script is another', () => {
    const script = scripts.compile([opcodes['OP_TRUE'] ?? 0])
    assert.ok(!equalBytes(script, wsh(script)))
    assert.equal(verdict(signed(() => [script]), wsh(script)), 'unknown')
    assert.equal(verdict(signed(() => [script]), Uint8Array.of(0x51)), 'unknown')
    assert.equal(verdict(Uint8Array.of(1, 2, 3), wsh(script)), 'unknown')
  })
})
