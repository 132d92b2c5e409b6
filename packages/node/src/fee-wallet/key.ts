/** The unlocked key of the fee wallet, and what is derived from it. */
import { KeystoreError, type SecretBytes, openFeeKey } from '@belfry/keystore'
import { type FeeAccount, type FeeKeyPath, type Network, loadFeeKeys } from '@belfry/vault'

export interface FeeSigner {
  readonly account: FeeAccount
  /** @returns r ‖ s, 64 bytes */
  sign(path: FeeKeyPath, digest: Uint8Array): Uint8Array
  wipe(): void
}

export interface FeeSignerInit {
  readonly path: string
  /** Lent. */
  readonly passphrase: SecretBytes
  readonly network: Network
}

/**
 * null where there is no such file: nobody made a fee wallet here.
 * @throws KeystoreError where there is one and it does not open
 */
export async function openFeeSigner({ path, passphrase, network }: FeeSignerInit): Promise<FeeSigner | null> {
  try {
    const key = await openFeeKey({ path, passphrase })
    const keys = await loadFeeKeys()
    const account = key.use((seed) => keys.accountOf(seed, network))
    return {
      account,
      sign: (at, digest) => key.use((seed) => keys.sign(seed, network, at, digest)),
      wipe: () => key.wipe(),
    }
  } catch (error) {
    if (error instanceof KeystoreError && error.code === 'file-missing') return null
    throw error
  }
}
