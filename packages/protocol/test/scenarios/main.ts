/** `pnpm scenarios [--rewrite] [name …]`: plays the scenarios and prints them, or writes down what comes of them now. */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { scenarioFiles } from './files.ts'
import { play } from './play.ts'

const { values, positionals } = parseArgs({ options: { rewrite: { type: 'boolean', default: false } }, allowPositionals: true })
const known = scenarioFiles()
const unknown = positionals.filter((name) => !known.some((one) => one.name === name))
if (unknown.length > 0) {
  process.stderr.write(`no scenario ${unknown.join(', ')}; there are: ${known.map(({ name }) => name).join(', ')}\n`)
  process.exit(2)
}
for (const { name, url } of known.filter((one) => positionals.length === 0 || positionals.includes(one.name))) {
  const written = readFileSync(url, 'utf8')
  const played = play(written)
  if (!values.rewrite) process.stdout.write(played)
  else if (played === written) process.stderr.write(`${name}: as it was\n`)
  else {
    writeFileSync(url, played)
    process.stderr.write(`${name}: rewritten\n`)
  }
}
