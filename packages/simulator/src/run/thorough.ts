const ONE_OF = 100

/**
 * One seed of a hundred, and of every kind, for seeds are told apart by their remainders elsewhere: all that is looked at now and then
 * is looked at after each event, and a campaign runs it twice.
 */
export function isThorough(seed: number): boolean {
  return (Math.imul(seed, 0x9e37_79b1) >>> 0) % ONE_OF === 0
}
