/** Drills that were held of a vault, as owners and operators are told of them. */
import type { DrillInfo } from '../messages/owner-requests.ts'
import { DRILL_LEVELS } from '../owner/limits.ts'
import { type Height, type VaultId, sortedEntries } from '../primitives/index.ts'
import type { Vault } from '../state/durable.ts'

/** Every drill of a vault that this member took and remembers. */
export function drillsOf(vault_id: VaultId, vault: Vault): DrillInfo[] {
  return sortedEntries(vault.commands).flatMap(([command_hash, held]) => {
    const { what } = held.command
    if (what.order !== 'drill' || held.taken_height === null) return []
    return [
      {
        command_hash,
        vault_id,
        level: what.level,
        commanded_at_ms: held.seen_at_ms,
        commanded_height: held.taken_height,
        held_back: what.held_back,
        trial: what.trial,
        status: held.ended?.status ?? 'running',
        reports: sortedEntries(held.reports).map(([, frame]) => frame),
      },
    ]
  })
}

export function newestFirst(a: DrillInfo, b: DrillInfo): number {
  return b.commanded_height - a.commanded_height || b.commanded_at_ms - a.commanded_at_ms
}

/** The newest of each level. */
export function lastDrills(vault_id: VaultId, vault: Vault): { level: number; height: Height; status: DrillInfo['status'] }[] {
  const newest = drillsOf(vault_id, vault).toSorted(newestFirst)
  return Array.from({ length: DRILL_LEVELS }, (_, index) => index + 1).flatMap((level) => {
    const last = newest.find((one) => one.level === level)
    return last ? [{ level, height: last.commanded_height, status: last.status }] : []
  })
}
