import assert from 'node:assert/strict'
import { Transaction, script as scripts } from 'bitcoinjs-lib'
import { isWhollySigned } from '../../src/index.ts'

const { SIGHASH_ALL, SIGHASH_NONE, SIGHASH_SINGLE, SIGHASH_ANYONECANPAY } = Transaction
const KEY = new Uint8Array(33).fill(2)

function transaction(...witnesses: readonly (readonly Uint8Array[])[]): Uint8Array {
  const made = new Transaction()
  made.version = 2
  witnesses.forEach((witness, at) => {
    made.addInput(new Uint8Array(32).fill(7), at)
    made.setWitness(at, [...witness])
  })
  made.addOutput(Uint8Array.of(0x51), 1_000n)
  return made.toBuffer()
}

const der = (type: number): Uint8Array => scripts.signature.encode(new Uint8Array(64).fill(5), type)
const schnorr = (...type: readonly number[]): Uint8Array => Uint8Array.of(...new Uint8Array(64).fill(5), ...type)

describe('what the signatures of a transaction commit to', () => {
  it('is all of the transaction with SIGHASH_ALL, in every kind of witness', () => {
    const script = scripts.compile([0x51, KEY, 0x51])
    const controlBlock = Uint8Array.of(0xc0, ...new Uint8Array(64).fill(9))
    const whole = [
      [der(SIGHASH_ALL), KEY],
      [new Uint8Array(), der(SIGHASH_ALL), der(SIGHASH_ALL), script],
      [schnorr()],
      [schnorr(SIGHASH_ALL)],
      [schnorr(), script, controlBlock],
    ]
    for (const witness of whole) assert.equal(isWhollySigned(transaction(witness)), true)
    assert.equal(isWhollySigned(transaction(...whole)), true)
  })

  it('is less with any other type, of whichever input', () => {
    const types = [SIGHASH_NONE, SIGHASH_SINGLE, SIGHASH_ALL | SIGHASH_ANYONECANPAY, SIGHASH_NONE | SIGHASH_ANYONECANPAY]
    for (const type of types) {
      assert.equal(isWhollySigned(transaction([der(type), KEY])), false)
      assert.equal(isWhollySigned(transaction([der(SIGHASH_ALL), KEY], [new Uint8Array(), der(type), KEY])), false)
      assert.equal(isWhollySigned(transaction([schnorr(type)])), false)
      assert.equal(isWhollySigned(transaction([schnorr(type), KEY, KEY])), false)
    }
  })

  it('is nothing of an input that nobody signed', () => {
    assert.equal(isWhollySigned(transaction([der(SIGHASH_ALL), KEY], [])), false)
  })
})
