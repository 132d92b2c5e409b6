/** Whose signatures a command needs. Every member asks this itself, of the manifest that it holds. */
import type { Hasher, Verifier } from '../crypto/index.ts'
import type { Manifest } from '../custody/manifest.ts'
import type { HeldManifest, Vault } from '../state/durable.ts'
import { type Order, type SignedCommand, commandDigest } from './command.ts'

interface Required {
  readonly k: number
  readonly keys: readonly string[]
}

/** The manifest whose keys count: the active one, or the first that I armed while none is. */
export function manifestInForce(vault: Pick<Vault, 'manifests' | 'active'>): HeldManifest | undefined {
  return vault.manifests.find(({ hash }) => hash === vault.active) ?? vault.manifests[0]
}

export function requiredKeys({ owner }: Pick<Manifest, 'owner'>, order: Order['order']): Required {
  switch (order) {
    case 'panic':
      return owner.panic
    case 'cancel-generation':
    case 'drill':
      return { k: 1, keys: [owner.root, ...owner.enrol.keys, ...owner.announce] }
    case 'revoke':
    case 'destroy':
      return owner.enrol
  }
}

/**
 * At least k distinct keys of those required signed it. Foreign signatures do not count. One that is wrong ends it: nobody honest
 * makes one, and whoever forges many would have me look at each.
 */
export function isAuthorised(
  ports: Hasher & Verifier,
  vault: Pick<Vault, 'manifests' | 'active'>,
  order: Order['order'],
  { bytes, signatures }: SignedCommand,
): boolean {
  const inForce = manifestInForce(vault)
  if (!inForce) return false
  const { k, keys } = requiredKeys(inForce.manifest, order)
  const digest = commandDigest(ports, bytes)
  const signers = new Set<string>()
  for (const { key, signature } of signatures) {
    if (signers.size >= k) break
    if (!keys.includes(key) || signers.has(key)) continue
    if (!ports.verifyOwner(key, digest, signature)) return false
    signers.add(key)
  }
  return signers.size >= k
}
