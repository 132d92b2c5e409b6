/** The hashes that a block's target asks for on average, 2^256 / (target + 1): GetBlockProof of bitcoind's chain.cpp. */
export function workOf(bits: number): bigint {
  const target = targetOf(bits)
  return target === null ? 0n : (1n << 256n) / (target + 1n)
}

const MANTISSA = 0x007f_ffff
const SIGN = 0x0080_0000

/** The compact form of `bits` (arith_uint256::SetCompact); null where it is negative, zero or too large. */
function targetOf(bits: number): bigint | null {
  const size = bits >>> 24
  const word = BigInt(bits & MANTISSA)
  if (word === 0n || (bits & SIGN) !== 0) return null
  const target = size <= 3 ? word >> BigInt(8 * (3 - size)) : word << BigInt(8 * (size - 3))
  return target === 0n || target >= 1n << 256n ? null : target
}
