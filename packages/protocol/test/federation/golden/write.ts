/**
 * Writes the golden files again: `node --conditions=source packages/protocol/test/federation/golden/write.ts`.
 * Only for a new format version. If the test fails without one, every federation out there just became unreadable.
 */
import { writeFileSync } from 'node:fs'
import { goldenFiles } from './files.ts'

for (const [file, text] of Object.entries(goldenFiles())) writeFileSync(new URL(file, import.meta.url), text)
