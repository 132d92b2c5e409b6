/** Who gives way where as many commands of one kind are held as there may be. */
import type { RefusalCode } from '../custody/refusal.ts'
import { type Hash32, type VaultId, sortedEntries } from '../primitives/index.ts'
import type { HeldCommand } from '../state/commands.ts'
import { MAX_TOMBSTONES, type Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import type { Command, Order } from './command.ts'
import { isOf } from './fitness.ts'
import { forgetCommand, isForgettable } from './forgetting.ts'
import { MAX_HELD } from './limits.ts'
import { type Recency, recencyOf } from './recency.ts'

/** What the giver is told where there is no place. */
export const FULL: Readonly<Record<Order['order'], RefusalCode>> = {
  panic: 'panic-limit',
  'cancel-generation': 'busy',
  revoke: 'busy',
  destroy: 'busy',
  drill: 'drill-limit',
}

/**
 * Makes a place for a new command where there is none. A drill that is over and old gives way, and of what was never taken that
 * which counts for less: what waits for its anchor, whose block there may never be, to what others say that they took; and both
 * to what may be taken now. Among panics the higher hash gives way. False where nothing gives way.
 */
export function makeRoom(turn: Turn, vault_id: VaultId, vault: Vault, command_hash: Hash32, { what, anchor }: Command): boolean {
  const held = sortedEntries(vault.commands).filter(([, one]) => isOf(what.order)(one))
  if (held.length < MAX_HELD[what.order]) return true
  const goes = oldestDrill(turn, held) ?? leastWaiting(turn, held, weightOf(turn, anchor)) ?? higherPanic(turn, held, command_hash, anchor)
  if (!goes) return false
  forgetCommand(turn, vault_id, vault, ...goes)
  return true
}

type Held = readonly [Hash32, HeldCommand]

function oldestDrill(turn: Turn, held: readonly Held[]): Held | undefined {
  const hasGraves = turn.durable.tombstones.size + 2 <= MAX_TOMBSTONES
  return held
    .filter(([, { ended, command }]) => ended !== null && isForgettable(turn.tip, command) && hasGraves)
    .toSorted(byAnchor)[0]
}

/** The one that is anchored highest of those that count for less than this. */
function leastWaiting(turn: Turn, held: readonly Held[], weight: number): Held | undefined {
  return held
    .filter(([, { taken_height, command }]) => taken_height === null && weightOf(turn, command.anchor) < weight)
    .toSorted((a, b) => weightOf(turn, a[1].command.anchor) - weightOf(turn, b[1].command.anchor) || byAnchor(b, a))[0]
}

/** Of panics that count for as much, those with the lowest hashes stay: they are taken first, here as elsewhere. */
function higherPanic(turn: Turn, held: readonly Held[], command_hash: Hash32, anchor: Command['anchor']): Held | undefined {
  return held
    .filter(([, one]) => isOf('panic')(one) && one.taken_height === null && weightOf(turn, one.command.anchor) === weightOf(turn, anchor))
    .findLast(([hash]) => hash > command_hash)
}

const WEIGHT: Readonly<Record<Recency, number>> = { foreign: 0, 'too-early': 0, early: 1, old: 2, recent: 3 }

function weightOf({ tip, durable }: Turn, anchor: Command['anchor']): number {
  return WEIGHT[recencyOf(tip, durable.recent, anchor)]
}

function byAnchor([, a]: Held, [, b]: Held): number {
  return a.command.anchor.height - b.command.anchor.height
}
