import { readFile } from 'node:fs/promises'
import { addCommand } from '../command.ts'
import type { Register } from '../program.ts'

export const registerVersion: Register = (program, registrar) => {
  addCommand(program, registrar, {
    usage: 'version',
    summary: 'Print the version',
    example: 'belfry version --json',
    run: async () => {
      const version = await packageVersion()
      const { node } = process.versions
      return { result: { version, node }, human: () => [`belfry ${version} (Node ${node})`] }
    },
  })
}

/** Of this package, from `src` and from `dist` alike. */
async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}
