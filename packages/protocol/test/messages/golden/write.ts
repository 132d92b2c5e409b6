/**
 * Writes the golden messages again: `node --conditions=source packages/protocol/test/messages/golden/write.ts`.
 * Only for a new message version. If the test fails without one, two releases no longer understand each other.
 */
import { writeFileSync } from 'node:fs'
import { goldenMessages } from './samples.ts'

writeFileSync(new URL('messages.json', import.meta.url), `${JSON.stringify(goldenMessages(), null, 2)}\n`)
