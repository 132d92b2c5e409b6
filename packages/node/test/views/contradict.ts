import type { Hash32, VaultId } from '@belfry/protocol/primitives'
import { hex32 } from './vault.ts'
import type { World } from './world.ts'

/** Two signed statements of a member that it has forgotten one vault, at different heights. */
export function contradict(of: World, from: number, vault = 'vault'): void {
  for (const height of [801, 802]) {
    of.hear(from, 'receipt', { statement: 'destroyed', vault_id: hex32(vault) as VaultId, command_hash: hex32('order') as Hash32, height: height as never })
  }
}
