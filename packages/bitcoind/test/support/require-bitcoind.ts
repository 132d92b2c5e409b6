import type { Context } from 'mocha'
import { type BitcoindBinary, BitcoindError, findBitcoind } from '@belfry/bitcoind'

/** The first test of a fresh machine fetches it. */
const FETCH_LIMIT_MS = 300_000

/**
 * For a test, or the `before` of a suite, that needs a real bitcoind. Where none can be had it prints why and skips, or
 * fails when BELFRY_REQUIRE (a list with commas) names `bitcoind`.
 */
export async function requireBitcoind(context: Context): Promise<BitcoindBinary> {
  context.timeout(Math.max(context.timeout(), FETCH_LIMIT_MS))
  try {
    return await findBitcoind({ onProgress: ({ message }) => process.stderr.write(`    ${message}\n`) })
  } catch (error) {
    const isRequired = (process.env['BELFRY_REQUIRE'] ?? '').split(',').includes('bitcoind')
    if (isRequired || !(error instanceof BitcoindError)) throw error
    process.stderr.write(`    skipped for lack of bitcoind: ${error.message}. ${error.remedy}\n`)
    return context.skip()
  }
}
