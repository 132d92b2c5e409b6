/** What must hold of a vault for a command to be taken now, beside its signatures and its recency. */
import { isLetBe, settingOf } from '../custody/fate.ts'
import type { RefusalCode } from '../custody/refusal.ts'
import { isDrillSound, isRehearsal } from '../drill/outcome.ts'
import { isUnderAttack } from '../incident/cause.ts'
import { depositCoin, finalSpend, unvaultsNamed } from '../incident/trigger.ts'
import type { Hash32 } from '../primitives/index.ts'
import type { HeldCommand } from '../state/commands.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import type { Order } from './command.ts'
import { undestroyable } from './destroy.ts'
import {
  MAX_CANCELS_PER_GENERATION,
  MAX_PANICS,
  MAX_PANICS_HEARD,
  MAX_PANICS_KEPT,
  MAX_PANICS_PER_WINDOW,
  MAX_REHEARSALS,
  MAX_REVOKES_PER_VAULT,
  BLOCKS_HEARD,
  PANIC_WINDOW,
} from './limits.ts'

export interface Fitness {
  /** Other members that say that they took it in time. */
  readonly witnesses: number
}

/**
 * Null where it may be taken. Only what was taken counts against it: what is held until its time has come, or until others vouch for
 * it, may never be taken, and anybody with one key can make any amount of that.
 */
export function unfitness(turn: Turn, vault: Vault, command_hash: Hash32, what: Order, { witnesses }: Fitness): RefusalCode | null {
  const taken = [...vault.commands]
    .filter(([hash, { taken_height }]) => hash !== command_hash && taken_height !== null)
    .map(([, held]) => held)
  switch (what.order) {
    case 'panic':
      return unfitPanic(turn, vault, taken, witnesses, vault.commands.get(command_hash))
    case 'cancel-generation':
      return unfitCancel(turn, vault, taken, what.manifest_hash, witnesses)
    case 'revoke':
      return taken.filter(isOf('revoke')).length >= MAX_REVOKES_PER_VAULT ? 'already-revoked' : null
    case 'drill':
      return unfitDrill(turn, vault, taken, what)
    case 'destroy':
      return undestroyable(turn, vault)
  }
}

export function isOf(order: Order['order']) {
  return ({ command }: HeldCommand): boolean => command.what.order === order
}

/**
 * What others took is not taken first come, first served: of all that was heard through a whole block the lowest hashes are
 * (taking.ts), so that members among whom a thief spread any number of panics take the same ones.
 */
function unfitPanic(
  turn: Turn,
  vault: Vault,
  taken: readonly HeldCommand[],
  witnesses: number,
  held: HeldCommand | undefined,
): RefusalCode | null {
  if (vault.manifests.every(({ manifest }) => manifest.emergency.length === 0)) return 'no-emergency-ladder'
  const { confirmed } = depositCoin(vault)
  if (confirmed !== null && unvaultsNamed(vault, confirmed.tx.txid).length === 0) return 'coin-left'
  const panics = taken.filter(isOf('panic'))
  if (witnesses > turn.config.federation.b) return panics.length >= MAX_PANICS_KEPT ? 'panic-limit' : null
  const inWindow = panics.filter(({ taken_height }) => (taken_height ?? 0) > turn.tip - PANIC_WINDOW)
  if (panics.length < MAX_PANICS && inWindow.length < MAX_PANICS_PER_WINDOW) return null
  const isHeard = witnesses > 0 && held !== undefined && turn.tip >= held.seen_height + BLOCKS_HEARD
  return isHeard && panics.length < MAX_PANICS_HEARD ? null : 'panic-limit'
}

/** The first generation has no notice in which to cancel it. What others took in time is taken late, too, where it changes nothing. */
function unfitCancel(
  turn: Turn,
  vault: Vault,
  taken: readonly HeldCommand[],
  manifest_hash: string,
  witnesses: number,
): RefusalCode | null {
  const held = vault.manifests.find(({ hash }) => hash === manifest_hash)
  if (!held) return 'unknown-manifest'
  if (held.activated_height !== null || held.manifest.previous === null || isLetBe(held, settingOf(turn))) return 'not-waiting'
  if ((held.withdrawn || held.cancelled) && witnesses === 0) return 'not-waiting'
  const cancels = taken.filter(({ command: { what } }) => what.order === 'cancel-generation' && what.manifest_hash === manifest_hash)
  return cancels.length >= MAX_CANCELS_PER_GENERATION ? 'busy' : null
}

function unfitDrill(turn: Turn, vault: Vault, taken: readonly HeldCommand[], what: Extract<Order, { order: 'drill' }>): RefusalCode | null {
  if (!isDrillSound(what, turn.config.federation.members.map(({ index }) => index))) return 'drill-unsound'
  if (finalSpend(vault) !== null) return 'coin-left'
  if (isUnderAttack(vault)) return 'incident-open'
  if (taken.some((held) => isOf('drill')(held) && held.ended === null)) return 'drill-running'
  return isRehearsal(what) && rehearsalsUnderWay(turn) >= MAX_REHEARSALS ? 'busy' : null
}

function rehearsalsUnderWay({ durable }: Turn): number {
  let count = 0
  for (const { commands } of durable.vaults.values()) {
    for (const { ended, taken_height, command } of commands.values()) {
      if (ended === null && taken_height !== null && command.what.order === 'drill' && isRehearsal(command.what)) count += 1
    }
  }
  return count
}
