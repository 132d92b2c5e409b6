/** Makes the key of a fee wallet: by a person's command only, never by a node on its own. */
import { createFeeKey, readPassphraseFile } from '@belfry/keystore'
import { type Network, loadFeeKeys } from '@belfry/vault'
import type { NodeConfig } from '../config/index.ts'

export interface FeeKeyFile {
  readonly path: string
  readonly descriptor: string
  readonly first_address: string
}

/**
 * Encrypted under the passphrase of the node's keystore.
 * @throws KeystoreError file-exists where there is a key already: it is never replaced, for coins may belong to it
 */
export async function createFeeKeyFile(config: NodeConfig, network: Network): Promise<FeeKeyFile> {
  const path = config.fee_wallet.key_file
  using passphrase = await readPassphraseFile(config.passphrase_file, {
    allowGroupReadable: config.allow_group_readable_passphrase,
  })
  const keys = await loadFeeKeys()
  using key = await createFeeKey({ path, passphrase })
  const account = key.use((seed) => keys.accountOf(seed, network))
  return { path, descriptor: account.descriptor, first_address: account.addressAt({ branch: 0, index: 0 }) }
}
