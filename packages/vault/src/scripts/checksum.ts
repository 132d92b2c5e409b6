/** Descriptor checksums, BIP-380. */
const INPUT = [
  "0123456789()[],'/*abcdefgh@:$%{}",
  'IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~',
  'ijklmnopqrstuvwxyzABCDEFGH`#"\\ ',
].join('')
const OUTPUT = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn]

function step(checksum: bigint, value: number): bigint {
  const top = checksum >> 35n
  let next = ((checksum & 0x7ffffffffn) << 5n) ^ BigInt(value)
  GENERATOR.forEach((generator, bit) => {
    if ((top >> BigInt(bit)) & 1n) next ^= generator
  })
  return next
}

/**
 * The eight characters after the `#`.
 * @throws RangeError where the text has a character that no descriptor has
 */
export function descriptorChecksum(descriptor: string): string {
  let checksum = 1n
  let group = 0
  let inGroup = 0
  for (const character of descriptor) {
    const position = INPUT.indexOf(character)
    if (position < 0) throw new RangeError('a character outside the descriptor alphabet')
    checksum = step(checksum, position & 31)
    group = group * 3 + (position >> 5)
    inGroup++
    if (inGroup === 3) {
      checksum = step(checksum, group)
      group = 0
      inGroup = 0
    }
  }
  if (inGroup > 0) checksum = step(checksum, group)
  for (let i = 0; i < 8; i++) checksum = step(checksum, 0)
  checksum ^= 1n
  return Array.from({ length: 8 }, (_, i) => OUTPUT[Number((checksum >> BigInt(5 * (7 - i))) & 31n)]).join('')
}

export function withChecksum(descriptor: string): string {
  return `${descriptor}#${descriptorChecksum(descriptor)}`
}
