import * as fc from 'fast-check'
import { type Feerate, fromHex, outpointOf, sats, type Txid, toHex } from '@belfry/protocol/primitives'
import {
  addressOfScript,
  createPlan,
  feerate,
  type PlanRequest,
  type SignedRecoverySet,
  signRecoverySet,
  type VaultPlan,
} from '../../src/index.ts'
import { signerOf, type TestKey, testKey, testKeys } from './keys.ts'
import { pubs } from './plans.ts'

// Made once: a key costs a scalar multiplication.
const KEYS = testKeys('pool', 32)

export interface RandomVault {
  readonly plan: VaultPlan
  readonly cold: readonly TestKey[]
  readonly hot: TestKey
}

export const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })

const ladder = (max: number): fc.Arbitrary<Feerate[]> =>
  fc
    .uniqueArray(fc.integer({ min: 2, max: 250 }), { minLength: 2, maxLength: max })
    .map((rates) => rates.toSorted((a, b) => a - b).map((rate) => feerate(rate * 1000)))

// P2WPKH, P2TR, P2PKH: of any bytes that have the right form.
const address = fc
  .constantFrom(`0014${'07'.repeat(20)}`, `5120${(KEYS[30]?.pub ?? '').slice(2)}`, `76a914${'08'.repeat(20)}88ac`)
  .map((script) => addressOfScript(fromHex(script), 'regtest') ?? '')

/** Plans of every shape, with the secrets of their keys. Up to `max_cold` cold keys. */
export function randomVault(max_cold = 15): fc.Arbitrary<RandomVault> {
  return fc
    .record({
      network: fc.constantFrom('regtest', 'regtest', 'mainnet', 'testnet4', 'signet'),
      txid: bytes32,
      vout: fc.integer({ min: 0, max: 0xffff_ffff }),
      value: fc.bigInt({ min: 200_000_000n, max: 2_000_000_000_000_000n }),
      pool: fc.shuffledSubarray(KEYS, { minLength: 32, maxLength: 32 }),
      n: fc.integer({ min: 1, max: max_cold }),
      m: fc.nat(),
      deep: fc.oneof(fc.integer({ min: 1, max: 15 }), address),
      csv: fc.integer({ min: 144, max: 65_535 }),
      rungs: fc.record({ unvault: ladder(3), clawback: ladder(4), emergency: ladder(3) }),
      fee_coins: fc.record({ anyone_can_pay: fc.boolean(), anchored: fc.boolean() }),
      heirs: fc.option(fc.record({ after: fc.integer({ min: 1, max: 65_535 }), rungs: ladder(3) })),
      signing: fc.constantFrom('presigned', 'ephemeral'),
      act_at: fc.constantFrom('mempool', 'confirmation'),
    })
    .map(({ network, txid, vout, value, pool, n, m, deep, csv, rungs, fee_coins, heirs, signing, act_at }) => {
      const cold = pool.slice(0, n)
      const hot = pool[15] ?? testKey('hot')
      const deepKeys = pubs(pool.slice(16, 16 + (typeof deep === 'number' ? deep : 2)))
      const request: PlanRequest = {
        network,
        deposit: { outpoint: outpointOf(toHex(txid) as Txid, vout), value: sats(value) },
        cold: { threshold: 1 + (m % n), keys: pubs(cold) },
        hot: hot.pub,
        deep_cold:
          typeof deep === 'string' && network === 'regtest'
            ? { kind: 'address', address: deep }
            : { kind: 'multi', threshold: deepKeys.length, keys: deepKeys },
        csv,
        rungs: { ...rungs, ...(heirs === null ? {} : { dead_man: heirs.rungs }) },
        fee_coins,
        dead_man: heirs && { heir: (pool[31] ?? testKey('heir')).pub, after: heirs.after },
        signing,
        act_at,
        max_clawback_fee_percent: 50,
      }
      return { plan: createPlan(request).plan, cold, hot }
    })
}

export function signAll({ plan, cold }: RandomVault): SignedRecoverySet {
  return signRecoverySet(plan, pubs(cold), signerOf(cold))
}
