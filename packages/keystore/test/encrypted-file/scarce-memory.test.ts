import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { skip } from '../skip.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const run = promisify(execFile)

/** Bounds its own address space to 200 MB above what it has, then asks for an unlocking that takes 1 GiB. */
const program = `
const { execFileSync } = await import('node:child_process')
const { readFileSync } = await import('node:fs')
const { SecretBytes, writeEncryptedFile } = await import('@belfry/keystore')
const kib = Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + (kib + 200_000) * 1024])
const cost = { memory_kib: 1024 * 1024, passes: 1, parallelism: 1 }
try {
  await writeEncryptedFile({
    path: process.argv[1], kind: 'x', passphrase: SecretBytes.random(8), plaintext: SecretBytes.random(8), cost,
  })
  console.log('written')
} catch (error) {
  console.log(error.code)
}
`

function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('encrypted file where memory is scarce', () => {
  const folder = temporaryFolder()

  it('says that the key could not be derived', async function () {
    if (!hasPrlimit()) skip(this, 'needs prlimit (util-linux)')
    const { stdout } = await run(process.execPath, [
      '--conditions=source', '--input-type=module', '-e', program, folder.file('a'),
    ], { cwd: import.meta.dirname, timeout: 20_000 })
    assert.equal(stdout.trim(), 'key-derivation-failed')
  })
})
