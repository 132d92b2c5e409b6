/**
 * A copy of the disk that was put back may be of a time before an epoch began. Its log is missing then, and a new one knows nothing
 * of what this member signed for in that epoch. So it is in doubt like the others.
 */
import { durablePart, restoration } from '@belfry/protocol'
import type { Millis } from '@belfry/protocol/primitives'
import { type LoadedLog, restoreLog } from '@belfry/runtime'
import { appendRecords } from '../ledger/append.ts'
import type { Store } from '../store/index.ts'
import { type KnownEpoch, openLogOf } from './registry.ts'

/**
 * Before any of the added epochs is noted: after a crash in between it is done again.
 * @param first what the store's first log held when it was opened
 * @throws StoreError
 */
export async function doubtAdded(store: Store, first: LoadedLog, before: readonly KnownEpoch[], added: readonly KnownEpoch[]): Promise<void> {
  if (added.every(({ has_first_log }) => has_first_log)) return
  const others = before.filter(({ has_first_log }) => !has_first_log)
  const doubts: Millis[] = []
  const look = (log: LoadedLog): void => {
    const { quarantine } = restoreLog(durablePart, log).durable
    if (quarantine?.reason === 'restored') doubts.push(quarantine.at_ms)
  }
  look(first)
  // One at a time: each may be as large as a log can be.
  for (const one of others) look((await openLogOf(store, first, one)).log)
  const [doubted] = doubts.toSorted((a, b) => b - a)
  if (doubted === undefined) return
  for (const epoch of added.filter(({ has_first_log }) => !has_first_log)) {
    const { disk, log } = await openLogOf(store, first, epoch)
    const restored = restoreLog(durablePart, log)
    if (restored.durable.quarantine === null) await appendRecords({ disk, restored }, restoration(restored.durable, doubted))
  }
}
