import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { skip } from '../skip.ts'

const run = promisify(execFile)

/** Runs as nobody where it can, because root may lock memory whatever the limit; exits with the error as JSON. */
const program = `
const { SecretBytes } = await import('@belfry/keystore')
if (process.getuid() === 0) process.setuid(65534)
try {
  SecretBytes.random(32)
  console.log(JSON.stringify({ code: 'none' }))
} catch (error) {
  console.log(JSON.stringify({ code: error.code, remedy: error.remedy }))
}
`

describe('memory that cannot be locked', () => {
  it('is an error that names the limit to raise, never a swappable secret', async function () {
    if (process.platform !== 'linux') skip(this, 'sets RLIMIT_MEMLOCK as Linux has it')
    const { stdout } = await run('/bin/sh', [
      '-c', 'ulimit -l 0 && exec "$0" --conditions=source --input-type=module -e "$1"', process.execPath, program,
    ], { cwd: import.meta.dirname, timeout: 20_000 })
    const answer: unknown = JSON.parse(stdout)
    assert.ok(typeof answer === 'object' && answer !== null && 'code' in answer && 'remedy' in answer)
    assert.equal(answer.code, 'memory-not-lockable')
    assert.match(String(answer.remedy), /LimitMEMLOCK.*ulimit -l/)
  })
})
