/** `pnpm wasm:check`: exits 1 unless the committed file is what its source builds, byte for byte. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { BUILT, compile } from './compile.ts'

const [built, committed] = await Promise.all([compile(), readFile(BUILT)])
if (committed.equals(built)) {
  process.stdout.write(`${basename(BUILT)} is what its source builds\n`)
} else {
  process.stderr.write(`${basename(BUILT)} is not what its source builds: run \`pnpm wasm:build\` and commit it\n`)
  process.exitCode = 1
}
