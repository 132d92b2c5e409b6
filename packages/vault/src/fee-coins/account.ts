/** The fee wallet's keys: one BIP-84 account, m/84'/coin'/0', out of a seed that stays with the caller. */
import type { PublicKey } from '../scripts/keys.ts'
import type { Network } from '../scripts/network.ts'

/** Below the account: 0 receives, 1 is change. */
export interface FeeKeyPath {
  readonly branch: 0 | 1
  /** 0..2^31−1 */
  readonly index: number
}

/** The public half. */
export interface FeeAccount {
  readonly network: Network
  /** `wpkh([…/84h/…h/0h]xpub…/<0;1>/*)`, with its checksum: to watch it by, also in another wallet. */
  readonly descriptor: string
  keyAt(path: FeeKeyPath): PublicKey
  scriptAt(path: FeeKeyPath): Uint8Array
  addressAt(path: FeeKeyPath): string
}

export interface FeeKeys {
  /** @param seed 32 bytes; only read. Derived private keys are zeroed, as far as the library hands them out. */
  accountOf(seed: Uint8Array, network: Network): FeeAccount
  /** ECDSA, low S and low R. @returns r ‖ s, 64 bytes */
  sign(seed: Uint8Array, network: Network, path: FeeKeyPath, digest: Uint8Array): Uint8Array
}

/** Loads the library that derives keys, once it is needed. */
export async function loadFeeKeys(): Promise<FeeKeys> {
  return (await import('./derive.ts')).feeKeys
}
