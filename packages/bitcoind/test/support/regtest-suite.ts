import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type BitcoindBinary, type Funding, PURSE_SCRIPT, PURSE_WITNESS_SCRIPT, type RawTransaction, type Regtest,
  startRegtest,
} from '@belfry/bitcoind'
import { type Outpoint, sats } from '@belfry/protocol/primitives'
import { requireBitcoind } from './require-bitcoind.ts'

/**
 * Starts a regtest network before the suite that this is called in, and stops it after.
 * @returns gives the network, from inside a test
 */
export function useRegtest(
  count: number,
  extraArgs: (binary: BitcoindBinary) => readonly string[] = () => [],
): () => Regtest & { readonly binary: BitcoindBinary } {
  let regtest: Regtest & { readonly binary: BitcoindBinary } | null = null
  let baseDir: string | null = null

  before(async function () {
    const binary = await requireBitcoind(this)
    baseDir = await mkdtemp(join(tmpdir(), 'belfry-regtest-'))
    regtest = Object.assign(await startRegtest({ count, baseDir, binary, extraArgs: extraArgs(binary) }), { binary })
  })

  after(async () => {
    await regtest?.stopAll()
    if (baseDir !== null) await rm(baseDir, { recursive: true })
  })

  return () => {
    if (regtest === null) throw new Error('the regtest network is not up')
    return regtest
  }
}

/** What each coin of `makeCoins` is worth. */
export const COIN_SATS = 1_000_000

/** Confirmed coins to spend, of COIN_SATS each. */
export function makeCoins(regtest: Regtest, count: number): Promise<Funding> {
  return regtest.purse.fund(Array.from({ length: count }, () => ({ script: PURSE_SCRIPT, value: sats(COIN_SATS) })))
}

export interface SpendOptions {
  readonly version?: number
  readonly sequence?: number
  readonly locktime?: number
  readonly witness?: readonly Uint8Array[]
  /** Default COIN_SATS. */
  readonly value?: number
}

/** Spends one coin of the purse back to the purse. About 96 vB. */
export function spend(outpoint: Outpoint, fee: number, options: SpendOptions = {}): RawTransaction {
  const { version = 3, sequence = 0xfffffffd, locktime = 0, value = COIN_SATS } = options
  const witness = options.witness ?? [PURSE_WITNESS_SCRIPT]
  return {
    version,
    locktime,
    inputs: [{ outpoint, sequence, witness }],
    outputs: [{ script: PURSE_SCRIPT, value: sats(value - fee) }],
  }
}
