/**
 * Writes the golden records again: `node --conditions=source packages/protocol/test/state/golden/write.ts`.
 * Only for a new version of the log's format. If the test fails without one, every log just became unreadable.
 */
import { writeFileSync } from 'node:fs'
import { goldenRecords } from './samples.ts'

writeFileSync(new URL('records.json', import.meta.url), `${JSON.stringify(goldenRecords(), null, 2)}\n`)
