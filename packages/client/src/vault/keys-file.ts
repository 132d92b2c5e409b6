/** `vault-keys.json`: the public keys of a vault. Several devices may each make one; they are merged for the plan. */
import { type PublicKey, MAX_KEYS, isPublicKey } from '@belfry/vault'
import { type Infer, formatJson, s } from '@belfry/protocol/primitives'
import { readJson } from '../files/json.ts'

const publicKey = s.textLike<PublicKey>(66, isPublicKey, 'a compressed secp256k1 public key in lower-case hex')

const vaultKeysSchema = s.struct({
  format: s.literal('belfry-vault-keys'),
  version: s.literal(1),
  cold: s.list(publicKey, MAX_KEYS),
  /** Of one device: all files together name one. */
  hot: s.list(publicKey, 1),
  deep_cold: s.list(publicKey, MAX_KEYS),
  /** As of the hot key, there is one. */
  heir: s.list(publicKey, 1),
})
export type VaultKeys = Omit<Infer<typeof vaultKeysSchema>, 'format' | 'version'>

export function vaultKeysToJson(keys: VaultKeys): string {
  const header = { format: 'belfry-vault-keys', version: 1 } as const
  return formatJson(vaultKeysSchema, { ...header, ...keys })
}

/** @throws ClientError file-unreadable, file-malformed */
export async function readVaultKeys(paths: readonly string[]): Promise<VaultKeys> {
  const files = await Promise.all(paths.map((path) => readJson(vaultKeysSchema, path, 'vault keys')))
  return {
    cold: files.flatMap(({ cold }) => cold),
    hot: files.flatMap(({ hot }) => hot),
    deep_cold: files.flatMap(({ deep_cold }) => deep_cold),
    heir: files.flatMap(({ heir }) => heir),
  }
}
