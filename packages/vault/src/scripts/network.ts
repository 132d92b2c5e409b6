import { networks, type Network as NetworkParameters } from 'bitcoinjs-lib'
import { assertNever } from '@belfry/protocol/primitives'

export const NETWORKS = ['mainnet', 'testnet4', 'signet', 'regtest'] as const
export type Network = (typeof NETWORKS)[number]

export function parametersOf(network: Network): NetworkParameters {
  switch (network) {
    case 'mainnet':
      return networks.bitcoin
    case 'testnet4':
    case 'signet':
      return networks.testnet
    case 'regtest':
      return networks.regtest
    default:
      return assertNever(network)
  }
}

/** A relative lock has 16 bits of blocks (BIP-68). */
export const MAX_CSV = 65_535

/** Thirty days in which the owner can take a coin back that went to staging by mistake; regtest may be quick. */
export function minStagingCsv(network: Network): number {
  return network === 'regtest' ? 1 : 4_320
}

/** A day, so that members have time to notice, agree and outbid; regtest may be quick. */
export function minCsv(network: Network): number {
  return network === 'regtest' ? 12 : 144
}
