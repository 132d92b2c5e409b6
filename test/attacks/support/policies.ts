/**
 * The mempool policies under which every attack is tried. bitcoind restricts transactions of version 3 (TRUC, BIP 431): Core always,
 * Knots only with `-mempooltruc=enforce`; by default it takes them by the older rules. `pnpm test` tries the first alone,
 * CI=true both, `.ci/run` both side by side; BELFRY_MEMPOOL_POLICIES names them, with commas.
 */
import type { Context } from 'mocha'
import { type BitcoindBinary, BitcoindError, findBitcoind } from '../../../packages/bitcoind/src/index.ts'
import { requireBitcoind } from '../../../packages/bitcoind/test/support/require-bitcoind.ts'

export const POLICIES = ['enforce', 'accept'] as const
export type Policy = (typeof POLICIES)[number]

const TITLES: Readonly<Record<Policy, string>> = {
  enforce: 'where bitcoind enforces TRUC',
  accept: 'where bitcoind takes version 3 by the older rules',
}

export interface PolicyBitcoind {
  readonly binary: BitcoindBinary
  readonly args: readonly string[]
}

function policiesToRun(): readonly Policy[] {
  const named = process.env['BELFRY_MEMPOOL_POLICIES'] ?? (process.env['CI'] === 'true' ? POLICIES.join(',') : 'enforce')
  const wanted = named.split(',')
  const unknown = wanted.filter((name) => !POLICIES.some((policy) => policy === name))
  if (unknown.length > 0) throw new RangeError(`BELFRY_MEMPOOL_POLICIES knows ${POLICIES.join(' and ')}, not ${unknown.join(', ')}`)
  return POLICIES.filter((policy) => wanted.includes(policy))
}

/** One suite for each policy to run. */
export function underEachPolicy(title: string, suite: (this: Mocha.Suite, policy: Policy) => void): void {
  for (const policy of policiesToRun()) {
    describe(`${title}, ${TITLES[policy]}`, function () {
      suite.call(this, policy)
    })
  }
}

/** A bitcoind that can have this policy; where there is none it prints why and skips. */
export async function bitcoindWith(context: Context, policy: Policy): Promise<PolicyBitcoind> {
  const binary = await requireBitcoind(context)
  if (binary.flavour === 'knots') return { binary, args: policy === 'enforce' ? ['-mempooltruc=enforce'] : [] }
  if (policy === 'enforce') return { binary, args: [] }
  return { binary: await knotsBeside(context, binary), args: [] }
}

/** The one that is fetched, where the one on PATH is Core. */
async function knotsBeside(context: Context, core: BitcoindBinary): Promise<BitcoindBinary> {
  const why = await findBitcoind({ searchPath: '' }).catch((error: unknown) => {
    if (error instanceof BitcoindError) return error.message
    throw error
  })
  if (typeof why !== 'string' && why.flavour === 'knots') return why
  const reason = typeof why === 'string' ? why : `${why.version} is no Knots either`
  process.stderr.write(`    skipped: Bitcoin Core ${core.version} always enforces TRUC, and there is no Knots here: ${reason}\n`)
  return context.skip()
}
