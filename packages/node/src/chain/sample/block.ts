/**
 * Blocks that look like real ones: to warm up with, and to measure with where there is no real one. From the same seed
 * the same. They are serialised rightly and that is all: nothing in them is signed, and the header is any.
 */
import { Random, SampleWriter, sizeBytes } from './writer.ts'

export interface SampleBlockInit {
  /** 1..2^32−1. */
  readonly seed: number
  /** Weight units (BIP 141) that it has at most, and almost. */
  readonly weight: number
}

/** How long things are in a transaction. */
interface Plan {
  readonly inputs: number
  readonly outputs: number
  readonly inputScript: number
  /** The items of each input's; none: no witness at all. */
  readonly witness: readonly number[]
}

/** Each with how many of 100 transactions are like it: about what is in blocks of 2024. */
const COMMON: readonly (readonly [share: number, plan: (random: Random) => Plan])[] = [
  [30, () => segwit(1, 2, [72, 33])],
  [12, () => segwit(2, 2, [71, 33])],
  [12, () => segwit(1, 1, [64])],
  [8, () => segwit(3, 9, [64])],
  [6, () => segwit(1, 2, [0, 72, 71, 105])],
  [4, (random) => segwit(1, 1, [64, 300 + random.below(1_500), 33])],
  [2, (random) => segwit(5 + random.below(60), 1, [72, 33])],
  [2, (random) => segwit(1, 20 + random.below(100), [72, 33])],
  [16, () => legacy(1, 2, 106)],
  [5, (random) => legacy(2 + random.below(5), 1, 107)],
  [3, (random) => legacy(1, 2, 253 + random.below(100))],
]

/** Once in each block that has room: counts and lengths of three and of five bytes. */
const RARE: readonly Plan[] = [segwit(1, 1, [64, 70_000, 33]), legacy(260, 1, 107), legacy(1, 300, 107)]
const COINBASE: Plan = { inputs: 1, outputs: 2, inputScript: 40, witness: [32] }

const HEADER_BYTES = 80
/** Header and count of transactions are no transaction's, and count four times. */
const FRAME_WEIGHT = 4 * (HEADER_BYTES + 3)

export function sampleBlock({ seed, weight }: SampleBlockInit): Uint8Array {
  const random = new Random(seed)
  const plans = [COINBASE]
  let left = weight - FRAME_WEIGHT - weightOf(COINBASE)
  for (const plan of RARE) {
    if (weightOf(plan) > left / 4) continue
    plans.push(plan)
    left -= weightOf(plan)
  }
  for (;;) {
    const plan = pick(random)
    left -= weightOf(plan)
    if (left < 0) break
    plans.push(plan)
  }
  const bytes = plans.reduce((sum, plan) => sum + bytesOf(plan), HEADER_BYTES + sizeBytes(plans.length))
  const writer = new SampleWriter(bytes, random)
  writer.random(HEADER_BYTES)
  writer.size(plans.length)
  for (const plan of plans) write(writer, plan, plan === COINBASE)
  return writer.bytes
}

function segwit(inputs: number, outputs: number, witness: readonly number[]): Plan {
  return { inputs, outputs, inputScript: 0, witness }
}

function legacy(inputs: number, outputs: number, inputScript: number): Plan {
  return { inputs, outputs, inputScript, witness: [] }
}

function pick(random: Random): Plan {
  let rest = random.below(COMMON.reduce((sum, [share]) => sum + share, 0))
  for (const [share, plan] of COMMON) {
    rest -= share
    if (rest < 0) return plan(random)
  }
  return COINBASE
}

const scriptOf = (i: number): number => [22, 34, 25, 23][i % 4] ?? 22

function strippedBytes({ inputs, outputs, inputScript }: Plan): number {
  let bytes = 4 + sizeBytes(inputs) + inputs * (36 + sizeBytes(inputScript) + inputScript + 4) + sizeBytes(outputs) + 4
  for (let i = 0; i < outputs; i++) bytes += 8 + 1 + scriptOf(i)
  return bytes
}

function witnessBytes({ inputs, witness }: Plan): number {
  if (witness.length === 0) return 0
  const items = witness.reduce((sum, length) => sum + sizeBytes(length) + length, sizeBytes(witness.length))
  return 2 + inputs * items
}

function bytesOf(plan: Plan): number {
  return strippedBytes(plan) + witnessBytes(plan)
}

function weightOf(plan: Plan): number {
  return 4 * strippedBytes(plan) + witnessBytes(plan)
}

function write(to: SampleWriter, plan: Plan, isCoinbase: boolean): void {
  to.word(2)
  if (plan.witness.length > 0) to.byte(0).byte(1)
  to.size(plan.inputs)
  for (let i = 0; i < plan.inputs; i++) {
    if (isCoinbase) to.zeros(32).word(0xffff_ffff)
    else to.random(32).word(i % 3)
    to.size(plan.inputScript).random(plan.inputScript).word(0xffff_fffd)
  }
  to.size(plan.outputs)
  for (let i = 0; i < plan.outputs; i++) {
    to.word(546 + i).word(0)
    to.size(scriptOf(i)).random(scriptOf(i))
  }
  for (let i = 0; i < plan.inputs && plan.witness.length > 0; i++) {
    to.size(plan.witness.length)
    for (const length of plan.witness) to.size(length).random(length)
  }
  to.word(0)
}
