import type { Context } from 'mocha'

/** Skips the running test and says why. */
export function skip(test: Context, reason: string): never {
  process.stdout.write(`      skipped: ${reason}\n`)
  return test.skip()
}
