/** Blocks that bitcoinjs-lib has serialised. */
import * as fc from 'fast-check'
import { Random } from '../../../../src/chain/sample/index.ts'
import { Transaction } from 'bitcoinjs-lib'

const HEADER = Uint8Array.from({ length: 80 }, (_, i) => i)

const anyWord = fc.integer({ min: 0, max: 0xffff_ffff })
/** From a seed: a choice for each byte would take ten times as long. */
const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> => fc
  .record({ length: fc.integer({ min: minLength, max: maxLength }), seed: fc.integer({ min: 1, max: 0xffff_ffff }) })
  .map(({ length, seed }) => {
    const random = new Random(seed)
    return Uint8Array.from({ length }, () => random.below(256))
  })
/** Around the lengths from which on a CompactSize is longer; seldom the long ones, which take long. */
const longBytes = fc
  .oneof(
    { weight: 20, arbitrary: fc.constantFrom(252, 253, 300) },
    { weight: 1, arbitrary: fc.constantFrom(0xffff, 0x1_0000, 70_000) },
  )
  .map((length) => new Uint8Array(length).fill(length))

const p2wpkh = bytes(20, 20).map((hash) => Uint8Array.of(0, 20, ...hash))
const p2wsh = bytes(32, 32).map((hash) => Uint8Array.of(0, 32, ...hash))
const p2tr = bytes(32, 32).map((key) => Uint8Array.of(0x51, 32, ...key))
const p2pkh = bytes(20, 20).map((hash) => Uint8Array.of(0x76, 0xa9, 20, ...hash, 0x88, 0xac))
const p2sh = bytes(20, 20).map((hash) => Uint8Array.of(0xa9, 20, ...hash, 0x87))
const opReturn = bytes(0, 90).map((data) => Uint8Array.of(0x6a, ...data))
const script = fc.oneof(p2wpkh, p2wsh, p2tr, p2pkh, p2sh, opReturn, bytes(0, 60), longBytes)
const output = fc.record({ script, value: fc.bigInt(0n, 2_100_000_000_000_000n) })

interface Input {
  readonly hash: Uint8Array
  readonly index: number
  readonly sequence: number
  readonly script: Uint8Array
  readonly witness: readonly Uint8Array[]
}

function input(scriptSig: fc.Arbitrary<Uint8Array>, witness: fc.Arbitrary<Uint8Array[]>): fc.Arbitrary<Input> {
  return fc.record({ hash: bytes(32, 32), index: anyWord, sequence: anyWord, script: scriptSig, witness })
}

const none = fc.constant<Uint8Array[]>([])
const legacyInput = input(fc.oneof(bytes(0, 110), longBytes), none)
const segwitInput = input(fc.constant(new Uint8Array(0)), fc.tuple(bytes(71, 72), bytes(33, 33)))
const taprootInput = input(fc.constant(new Uint8Array(0)), fc.tuple(bytes(64, 65)))
const inscription = input(fc.constant(new Uint8Array(0)), fc.tuple(bytes(64, 64), longBytes, bytes(33, 65)))
const nested = input(bytes(23, 23), fc.array(bytes(0, 110), { maxLength: 6 }))
const many = Array.from({ length: 300 }, () => new Uint8Array(1))
const manyItems = input(fc.constant(new Uint8Array(0)), fc.constant(many))

function transactionOf(inputs: fc.Arbitrary<readonly Input[]>): fc.Arbitrary<Transaction> {
  const outputs = fc.array(output, { minLength: 1, maxLength: 12 })
  const parts = fc.record({ version: anyWord, locktime: anyWord, inputs, outputs })
  return parts.map(({ version, locktime, inputs, outputs }) => {
    const made = new Transaction()
    made.version = version
    made.locktime = locktime
    for (const [i, { hash, index, sequence, script, witness }] of inputs.entries()) {
      made.addInput(hash, index, sequence, script)
      made.setWitness(i, [...witness])
    }
    for (const { script, value } of outputs) made.addOutput(script, value)
    return made
  })
}

const some = { minLength: 1, maxLength: 8 }
const mixedInput = fc.oneof(legacyInput, segwitInput, taprootInput, inscription, nested)
/** So many that their count has three bytes. */
const manyInputs = segwitInput.map((one) => Array.from({ length: 260 }, (_, index) => ({ ...one, index })))
const transaction = fc.oneof(
  { weight: 8, arbitrary: transactionOf(fc.array(legacyInput, some)) },
  { weight: 8, arbitrary: transactionOf(fc.array(segwitInput, some)) },
  { weight: 16, arbitrary: transactionOf(fc.array(mixedInput, some)) },
  { weight: 1, arbitrary: transactionOf(fc.tuple(manyItems)) },
  { weight: 1, arbitrary: transactionOf(manyInputs) },
)
const coinbase = transactionOf(fc.oneof(none, fc.tuple(bytes(32, 32))).chain((witness) => fc.tuple(fc.record({
  hash: fc.constant(new Uint8Array(32)),
  index: fc.constant(0xffff_ffff),
  sequence: anyWord,
  script: bytes(2, 100),
  witness: fc.constant(witness),
}))))

export const generatedTransaction: fc.Arbitrary<Uint8Array> = transaction.map((one) => one.toBuffer())

export const generatedBlock: fc.Arbitrary<Uint8Array> = fc
  .tuple(coinbase, fc.array(transaction, { maxLength: 6 }))
  .map(([first, others]) => blockOf([first, ...others].map((one) => one.toBuffer())))

export function blockOf(transactions: readonly Uint8Array[]): Uint8Array {
  const count = transactions.length
  const size = count < 253 ? Uint8Array.of(count) : Uint8Array.of(253, count & 0xff, count >> 8)
  return Buffer.concat([HEADER, size, ...transactions])
}
