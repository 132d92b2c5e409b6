/** A bitcoind of each mempool policy, and what tests of a rescue do on it. */
import assert from 'node:assert/strict'
import { type Bitcoind, PURSE_ADDRESS, type Regtest } from '@belfry/bitcoind'
import { type BlockHash, type Feerate, outpointOf } from '@belfry/protocol/primitives'
import { type SignedRecoverySet, type SignedTransaction, buildColdSpend, scriptOfAddress, scriptsOf } from '@belfry/vault'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import type { RescueEnd } from '../../src/index.ts'
import { coldKeys, signDigest } from './scene.ts'

export const ELSEWHERE = scriptOfAddress('bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'regtest')
/** Blocks from which a rescue has ended well. */
export const ENOUGH = 6

export function coldTheft(set: SignedRecoverySet, feerate = 20_000) {
  return buildColdSpend(set.plan, coldKeys.slice(1), ELSEWHERE, feerate as Feerate, signDigest)
}

export interface Ground {
  readonly regtest: () => Regtest
  readonly bitcoind: () => Bitcoind
  readonly mine: (blocks?: number) => Promise<BlockHash[]>
  /** A block that holds nothing, as where miners ask for more. */
  readonly mineEmpty: () => Promise<unknown>
  readonly confirm: (transaction: { readonly raw: Uint8Array }) => Promise<void>
  /** @returns the transaction of the set that saved the coin, by its id */
  readonly assertSaved: (set: SignedRecoverySet, end: RescueEnd, id: string) => Promise<SignedTransaction>
}

// Core always enforces the rules for version 3; Knots by default takes such transactions by the older rules.
const POLICIES = { 'that enforces TRUC': ['-mempooltruc=enforce'], 'with its default policy': [] } as const

/** @param whose of what the tests are */
export function onEachPolicy(whose: string, tests: (ground: Ground) => void): void {
  for (const [policy, knotsArgs] of Object.entries(POLICIES)) {
    describe(`${whose}, on a real bitcoind ${policy}, without a transaction index`, () => {
      const regtest = useRegtest(1, ({ flavour }) => ['-txindex=0', '-rest=0', ...(flavour === 'knots' ? knotsArgs : [])])
      const bitcoind = (): Bitcoind => regtest().node(0).bitcoind
      tests({
        regtest,
        bitcoind,
        mine: (blocks = 1) => regtest().mine(0, blocks),
        mineEmpty: () => bitcoind().generateBlock(PURSE_ADDRESS, []),
        confirm: async ({ raw }) => void (await bitcoind().generateBlock(PURSE_ADDRESS, [raw])),
        assertSaved: async (set, end, id) => {
          assert.equal(end.end, 'recovered')
          assert.ok(end.end === 'recovered' && end.id === id && end.depth >= ENOUGH, JSON.stringify(end))
          const rung = set.transactions.find((one) => one.id === id) ?? assert.fail()
          const coin = await bitcoind().getTxOut(outpointOf(rung.txid, 0), false)
          assert.deepEqual(coin?.script, scriptsOf(set.plan).deep_cold.script)
          return rung
        },
      })
    })
  }
}
