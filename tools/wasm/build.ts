/** `pnpm wasm:build`: assembles packages/node/wasm/ anew after a change of its source. */
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { BUILT, compile } from './compile.ts'

const bytes = await compile()
await mkdir(dirname(BUILT), { recursive: true })
await writeFile(BUILT, bytes)
process.stdout.write(`${basename(BUILT)}: ${bytes.length} bytes\n`)
