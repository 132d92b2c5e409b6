import { combine, split } from 'shamir-secret-sharing'
import { KeystoreError } from '../errors.ts'
import { SecretBytes, ZeroedAtEnd } from '../memory/index.ts'

export const SHARED_KEY_BYTES = 32
/** 32 bytes y, then x. */
export const SHARE_BYTES = SHARED_KEY_BYTES + 1
/** The largest federation. */
export const MAX_SHARES = 64
const MIN_THRESHOLD = 2

/** One draw suffices unless the library breaks its word, so a second failure is a bug there. */
const MAX_DRAWS = 3

export interface Splitting {
  /** How many shares rebuild the key, 2..count. */
  readonly threshold: number
  /** How many shares to make, up to MAX_SHARES. */
  readonly count: number
}

/**
 * Splits an envelope key by Shamir's scheme over GF(256). Shares carry no integrity: who hands them out commits to
 * each of them.
 *
 * Copies that stay in ordinary memory until collected, because the library keeps them to itself: per key byte an array
 * of `threshold` coefficients, whose first is that byte. Everything it returns is wiped here.
 *
 * @returns `count` shares of 33 bytes; the last byte is x, non-zero and different in each
 * @throws KeystoreError bad-threshold, bad-key-length
 */
export async function splitKey(key: SecretBytes, { threshold, count }: Splitting): Promise<SecretBytes[]> {
  checkThreshold(threshold, count)
  if (key.length !== SHARED_KEY_BYTES) {
    throw new KeystoreError('bad-key-length', `a key to split has ${SHARED_KEY_BYTES} bytes`, 'Pass an envelope key.')
  }
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    using zeroed = new ZeroedAtEnd()
    const drawn = await key.use((bytes) => split(bytes, count, threshold))
    for (const share of drawn) zeroed.add(share)
    if (hasUsableCoordinates(drawn)) return lockAll(drawn)
  }
  throw badShares('the share library repeatedly drew unusable coordinates')
}

/**
 * Rebuilds a key. Too few or altered shares give a wrong key and no error: check the result against its commitment.
 * @throws KeystoreError bad-shares where the shares cannot belong together
 */
export async function combineShares(shares: readonly SecretBytes[]): Promise<SecretBytes> {
  if (shares.length < MIN_THRESHOLD || shares.length > MAX_SHARES) {
    throw badShares(`a key is rebuilt from ${MIN_THRESHOLD} to ${MAX_SHARES} shares, not ${shares.length}`)
  }
  if (shares.some((share) => share.length !== SHARE_BYTES)) throw badShares(`a share has ${SHARE_BYTES} bytes`)
  // The views leave use(), but combine() is asynchronous in name only: it is done with them when it returns.
  const views = shares.map((share) => share.use((bytes) => bytes))
  if (!hasUsableCoordinates(views)) throw badShares('each share must have its own x, and none may be zero')
  return SecretBytes.from(await combine(views), { wipeSource: true })
}

function lockAll(shares: readonly Uint8Array[]): SecretBytes[] {
  const locked: SecretBytes[] = []
  try {
    for (const share of shares) locked.push(SecretBytes.from(share))
    return locked
  } catch (error) {
    for (const share of locked) share.wipe()
    throw error
  }
}

function hasUsableCoordinates(shares: readonly Uint8Array[]): boolean {
  const coordinates = new Set(shares.map((share) => share[SHARED_KEY_BYTES]))
  return coordinates.size === shares.length && !coordinates.has(0)
}

function checkThreshold(threshold: number, count: number): void {
  const whole = Number.isInteger(threshold) && Number.isInteger(count)
  if (whole && threshold >= MIN_THRESHOLD && threshold <= count && count <= MAX_SHARES) return
  throw new KeystoreError(
    'bad-threshold',
    `a key cannot be split ${threshold} of ${count}`,
    `Use a threshold of at least ${MIN_THRESHOLD} and at most the number of shares, and up to ${MAX_SHARES} shares.`,
  )
}

function badShares(why: string): KeystoreError {
  return new KeystoreError('bad-shares', why, 'Use shares of one envelope, one from each member.')
}
