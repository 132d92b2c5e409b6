/** Forgetting a vault for good, on its owner's order, once its coin has left and that is deep. */
import type { RefusalCode } from '../custody/refusal.ts'
import { envelopesOf } from '../custody/manifest.ts'
import { signOnce, signedFor } from '../guard/ledger.ts'
import { destroyedSlot } from '../guard/slots.ts'
import { SETTLED_DEPTH } from '../incident/machine.ts'
import { finalSpend } from '../incident/trigger.ts'
import type { Frame } from '../messages/frame.ts'
import { type Hash32, type VaultId, invariant } from '../primitives/index.ts'
import { confirmations } from '../state/coins.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'

/** Why the vault may not be forgotten: U alone never ends anything. Null where it may. */
export function undestroyable(turn: Turn, vault: Vault): RefusalCode | null {
  const end = finalSpend(vault)
  if (end === null) return 'coin-not-left'
  return confirmations(end.coin, turn.tip) < SETTLED_DEPTH ? 'coin-left-not-deep' : null
}

/** My signed receipt that I have forgotten it; null where I have not. */
export function destructionReceipt(turn: Turn, vault_id: VaultId): Frame | null {
  return signedFor(turn.durable, destroyedSlot(turn.config.federation.lock_hash, vault_id))
}

/** Shares, envelopes, commands and incidents go; the receipt stays, and answers whoever asks again, and so does the order, for members that lack it. */
export function destroy(turn: Turn, vault_id: VaultId, vault: Vault, command_hash: Hash32): void {
  invariant(undestroyable(turn, vault) === null, 'a vault is forgotten when its coin has left, and that is deep')
  const envelopes = vault.manifests.flatMap(({ manifest }) => envelopesOf(manifest).map(({ envelope_id }) => envelope_id))
  for (const envelope_id of envelopes) turn.volatile.gatherings.delete(envelope_id)
  const outpoints = [...vault.coins.keys()]
  signOnce(turn, destroyedSlot(turn.config.federation.lock_hash, vault_id), () =>
    turn.sign('receipt', { statement: 'destroyed', vault_id, command_hash, height: turn.tip }),
  )
  turn.record({ record: 'vault-destroyed', vault_id })
  turn.now({ effect: 'forget', envelopes })
  turn.afterSync({ effect: 'unwatch', outpoints })
  turn.tell({ level: 'warn', event: 'vault-destroyed', vault_id })
}
