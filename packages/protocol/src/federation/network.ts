/** The Bitcoin networks that a federation can guard. */
import type { BlockHash } from '../primitives/index.ts'
import { s } from '../primitives/index.ts'

const GENESIS = {
  mainnet: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
  testnet4: '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043',
  signet: '00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6',
  regtest: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
} as const

export type Network = keyof typeof GENESIS

export const NETWORKS: readonly Network[] = ['mainnet', 'testnet4', 'signet', 'regtest']

export const network = s.oneOf(...NETWORKS)

/** RPC order, as `getblockhash 0` prints it. */
export function genesisHashOf(network: Network): BlockHash {
  return GENESIS[network] as BlockHash
}
