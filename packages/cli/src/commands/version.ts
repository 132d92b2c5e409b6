import { addCommand } from '../command.ts'
import type { Register } from '../program.ts'
import { packageVersion } from '../version.ts'

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
