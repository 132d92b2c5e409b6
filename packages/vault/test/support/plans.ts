import { outpointOf, parseTxid, sats } from '@belfry/protocol/primitives'
import {
  createPlan,
  type PlanRequest,
  signRecoverySet,
  type SignedRecoverySet,
  type VaultPlan,
} from '../../src/index.ts'
import { signerOf, testKey, type TestKey, testKeys } from './keys.ts'

export const COLD = testKeys('C', 3)
export const HOT = testKey('H')
export const DEEP_COLD = testKeys('D', 3)
export const HEIR = testKey('HEIR')

export function pubs(keys: readonly TestKey[]) {
  return keys.map((key) => key.pub)
}

/** 0.5 BTC, 2 of 3, on regtest. */
export function request(changes: Partial<PlanRequest> = {}): PlanRequest {
  return {
    network: 'regtest',
    deposit: { outpoint: outpointOf(parseTxid('11'.repeat(32)), 0), value: sats(50_000_000) },
    cold: { threshold: 2, keys: pubs(COLD) },
    hot: HOT.pub,
    deep_cold: { kind: 'multi', threshold: 2, keys: pubs(DEEP_COLD) },
    ...changes,
  }
}

export function planOf(changes: Partial<PlanRequest> = {}): VaultPlan {
  return createPlan(request(changes)).plan
}

/** Every kind of transaction: three variants with five rungs, A and P each, three E and three M. */
export const FULL: Partial<PlanRequest> = {
  profile: 'full',
  fee_coins: { anyone_can_pay: true },
  dead_man: { heir: HEIR.pub, after: 1_000 },
}

export function signedSet(plan: VaultPlan = planOf()): SignedRecoverySet {
  return signRecoverySet(plan, pubs(COLD), signerOf(COLD))
}
