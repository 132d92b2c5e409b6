import { type Feerate, type Sats, sats } from '@belfry/protocol/primitives'

/** A signature with its sighash byte: strict DER, low S, R not ground. Ground ones have 71. */
export const MAX_SIGNATURE_BYTES = 72

/** The smallest feerate of any transaction of a set: nodes with Knots' defaults relay no parent that pays nothing. */
export const MIN_FEERATE = 2_000
/** 10,000 sat/vB, where bitcoind's own `maxfeerate` (0.10 BTC/kvB) begins to refuse. */
export const MAX_FEERATE = 10_000_000
/** A replacement pays at least 1 sat/vB more than what it replaces (BIP-125 rule 4). */
export const MIN_FEERATE_STEP = 1_000

/** @throws RangeError unless it is an integer of sat/kvB from 0 to MAX_FEERATE */
export function feerate(sat_per_kvb: number): Feerate {
  if (!Number.isInteger(sat_per_kvb) || sat_per_kvb < 0 || sat_per_kvb > MAX_FEERATE) {
    throw new RangeError(`a feerate is an integer of 0 to ${MAX_FEERATE} sat/kvB`)
  }
  return sat_per_kvb as Feerate
}

/** The least fee that pays the rate: rounded up. */
export function feeFor(vsize: number, rate: Feerate): Sats {
  return sats((BigInt(vsize) * BigInt(rate) + 999n) / 1000n)
}

/** What a package pays as a whole, e.g. [U, K]: the rate by which a miner takes K. Rounded down. */
export function packageFeerate(parts: readonly { readonly fee: Sats; readonly vsize: number }[]): Feerate {
  const fee = parts.reduce((sum, part) => sum + part.fee, 0n)
  const vsize = parts.reduce((sum, part) => sum + part.vsize, 0)
  if (vsize <= 0) throw new RangeError('a package has a size')
  return Number((fee * 1000n) / BigInt(vsize)) as Feerate
}

/** Below this bitcoind relays no output of this script (`GetDustThreshold` at its default 3 sat/vB). */
export function dustThreshold(script: Uint8Array): Sats {
  const isWitnessProgram =
    script.length >= 4 && script.length <= 42 && isVersion(script[0]) && script[1] === script.length - 2
  const spend = isWitnessProgram ? 67 : 148
  return sats(3 * (8 + varintBytes(script.length) + script.length + spend))
}

function isVersion(opcode: number | undefined): boolean {
  return opcode === 0 || (opcode !== undefined && opcode >= 0x51 && opcode <= 0x60)
}

/**
 * Weight of a segwit transaction with one input.
 * @param output_script_bytes length of the output script, or of each where there are several
 * @param witness_item_bytes length of each item of the input's witness
 */
export function singleInputWeight(
  output_script_bytes: number | readonly number[],
  witness_item_bytes: readonly number[],
): number {
  const input = 32 + 4 + 1 + 4
  const scripts = typeof output_script_bytes === 'number' ? [output_script_bytes] : output_script_bytes
  const outputs = scripts.reduce((sum, bytes) => sum + 8 + varintBytes(bytes) + bytes, 0)
  const stripped = 4 + 1 + input + 1 + outputs + 4
  const items = witness_item_bytes.reduce((sum, bytes) => sum + varintBytes(bytes) + bytes, 0)
  const markerAndFlag = 2
  return stripped * 4 + markerAndFlag + varintBytes(witness_item_bytes.length) + items
}

export function vsizeOfWeight(weight: number): number {
  return Math.ceil(weight / 4)
}

function varintBytes(value: number): number {
  return value < 0xfd ? 1 : value <= 0xffff ? 3 : 5
}
