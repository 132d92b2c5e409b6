/** Numbers, hashes and times as people read them. */

const SATS_PER_BTC = 100_000_000n

/** `0.50000000 BTC`: exact, never a float. */
export function btc(sats: bigint): string {
  const fraction = (sats % SATS_PER_BTC).toString().padStart(8, '0')
  return `${sats / SATS_PER_BTC}.${fraction} BTC`
}

/** sat/kvB inside, sat/vB for people, without trailing zeros. */
export function satPerVb(feerate: number): string {
  return `${feerate / 1000} sat/vB`
}

/** `2026-03-01 12:00:00 UTC` */
export function utc(at_ms: number): string {
  return `${new Date(at_ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `12:00:00.123`: within a story whose day stands above it. */
export function clock(at_ms: number): string {
  return new Date(at_ms).toISOString().slice(11, 23)
}

/** Enough of a hash to tell it from others on one page. */
export function short(hash: string): string {
  return hash.length > 16 ? `${hash.slice(0, 16)}…` : hash
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}

/** `a, b and c` */
export function sentenceList(items: readonly string[]): string {
  if (items.length < 2) return items.join('')
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}
