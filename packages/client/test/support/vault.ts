/** A signed recovery set of a vault that is on no chain, from keys that are the same in every run. */
import { createHash } from 'node:crypto'
import { OwnerKey, SecretBytes } from '@belfry/keystore'
import type { Network } from '@belfry/protocol'
import { outpointOf, parseTxid, sats } from '@belfry/protocol/primitives'
import { type PlanRequest, type PublicKey, type SignedRecoverySet, createPlan, signRecoverySet } from '@belfry/vault'
import { type OpenVault, guardedVaultOf } from '../../src/index.ts'
import { makeFederation } from './federation.ts'

function keyOf(label: string): OwnerKey {
  return new OwnerKey(
    SecretBytes.from(new Uint8Array(createHash('sha256').update(`belfry client test/${label}`).digest())),
  )
}

const COLD = [1, 2, 3].map((at) => keyOf(`cold ${at}`))
const publicKeyOf = (key: OwnerKey): PublicKey => key.compressedPublicKey as PublicKey

/** Who inherits where a plan names an heir. */
export const HEIR = publicKeyOf(keyOf('heir'))
export const COLD_SET = { threshold: 2, keys: COLD.map(publicKeyOf) }

export function testSet(network: Network = 'regtest', changes: Partial<PlanRequest> = {}): SignedRecoverySet {
  const { plan } = createPlan({
    network,
    deposit: { outpoint: outpointOf(parseTxid('11'.repeat(32)), 0), value: sats(50_000_000) },
    cold: COLD_SET,
    hot: publicKeyOf(keyOf('hot')),
    deep_cold: { kind: 'multi', threshold: 2, keys: [1, 2, 3].map((at) => publicKeyOf(keyOf(`deep cold ${at}`))) },
    ...changes,
  })
  return signRecoverySet(plan, COLD.map(publicKeyOf), (key, digest) => {
    const signer = COLD.find((one) => one.compressedPublicKey === key)
    if (signer === undefined) throw new Error('no such key')
    return signer.signEcdsa(digest)
  })
}

export function testVault(name = 'savings'): OpenVault {
  return guardedVaultOf(testSet(), { name, federation: makeFederation(5).federation })
}
