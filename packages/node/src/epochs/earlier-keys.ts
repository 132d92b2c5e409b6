/** Who may enrol a vault anew: an epoch knows no manifest of the epochs before, but the node that serves these does. */
import type { Durable, EnrolmentKeys } from '@belfry/protocol'
import type { VaultId } from '@belfry/protocol/primitives'

/**
 * The enrolment keys of the active manifest of a vault, in the newest of these epochs that has one.
 * @param earlier epochs before the one that asks, the newest first
 */
export function earlierKeys(earlier: readonly { readonly durable: Pick<Durable, 'vaults'> }[], vault_id: VaultId): EnrolmentKeys | null {
  for (const { durable: { vaults } } of earlier) {
    const vault = vaults.get(vault_id)
    const active = vault?.manifests.find(({ hash }) => hash === vault.active)
    if (active) return active.manifest.owner.enrol
  }
  return null
}
