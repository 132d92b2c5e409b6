/** What an operator decides of a log while no process runs on it, as the node does it (packages/node, ledger/desk.ts). */
import { type Durable, type LogRecord, adoption, decodeFrame, durablePart, restoration } from '@belfry/protocol'
import type { Millis } from '@belfry/protocol/primitives'
import { LogWriter, type RestoredLog, restoreLog } from '@belfry/runtime'
import { EPOCH_MS } from '../world/index.ts'
import type { SimMember } from './sim-member.ts'

/** A statement that was found, and what stands for its slot from then on: that one, or another that came first. */
export interface Adopted {
  readonly frame: Uint8Array
  readonly stands: Uint8Array
}

/** Null where there is no quarantine. */
export function adoptAt(seat: SimMember): readonly Adopted[] | null {
  const log = restored(seat)
  const { quarantine, ledger } = log.durable
  const stands = new Map<string, Uint8Array>()
  const adopted = (quarantine?.statements ?? []).flatMap(({ slot, frame }) => {
    if (slot === null) return []
    const first = stands.get(slot) ?? ledger.get(slot)?.frame ?? frame
    stands.set(slot, first)
    return [{ frame, stands: decodeFrame(first).signed }]
  })
  const records = adoption(seat.ports, log.durable)
  if (records === null) return null
  append(seat, log, records)
  return adopted
}

export function declareRestoredAt(seat: SimMember, now_ms: number): void {
  const log = restored(seat)
  append(seat, log, restoration(log.durable, (EPOCH_MS + now_ms) as Millis))
}

function restored({ disk }: SimMember): RestoredLog<Durable> {
  return restoreLog(durablePart, disk.load())
}

function append({ disk }: SimMember, log: RestoredLog<Durable>, records: readonly LogRecord[]): void {
  const writer = new LogWriter(log, durablePart)
  for (const record of records) writer.add(record)
  const { snapshot, entries } = disk.load()
  disk.putBack({ snapshot, entries: [...entries, ...writer.takeBatch()] })
}
