import { type Durable, type LogRecord, durablePart } from '@belfry/protocol'
import { type Disk, LogWriter, type RestoredLog } from '@belfry/runtime'

/** To a log that no member runs on. On disk when it returns. @throws StoreError */
export async function appendRecords(
  { disk, restored }: { readonly disk: Disk; readonly restored: RestoredLog<Durable> },
  records: readonly LogRecord[],
): Promise<void> {
  const writer = new LogWriter(restored, durablePart)
  for (const record of records) writer.add(record)
  await new Promise<void>((resolve, reject) => {
    disk.append(writer.takeBatch(), [], (error) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}
