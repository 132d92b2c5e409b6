import { join } from 'node:path'
import { writeFiles } from '@belfry/client'
import type { EvidenceView } from '@belfry/node'
import type { Command } from 'commander'
import { type ApiOptions, NodeApi, apiOptions } from '../../api/node-api.ts'
import { type Registrar, addCommand, option, required } from '../../command.ts'
import type { Report } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import type { EvidenceHeld } from './list.ts'

interface ExportOptions extends ApiOptions {
  readonly out: string
  readonly force?: boolean
}

export function registerExport(parent: Command, registrar: Registrar): void {
  addCommand<ExportOptions>(parent, registrar, {
    usage: 'export',
    summary: 'Write each piece of evidence that a node holds to a file of its own',
    about: 'The files hold nothing secret. Whoever has the federation lock checks them with: belfry evidence verify',
    example: 'belfry evidence export --config /etc/belfry/node.yaml --out evidence',
    options: [...apiOptions(), required('--out <dir>', 'the folder to write to'), option('--force', 'replace files that are there')],
    run: (options) => runExport(options, registrar.shell),
  })
}

async function runExport({ out, force = false, ...options }: ExportOptions, shell: Shell): Promise<Report> {
  const api = await NodeApi.of(options, shell)
  const { evidence } = await api.get<EvidenceHeld>('evidence')
  const files = evidence.map((piece) => ({
    path: join(out, fileName(piece)),
    content: `${JSON.stringify(piece.file, null, 2)}\n`,
    privacy: 'public' as const,
  }))
  await writeFiles(files, { force })
  const paths = files.map(({ path }) => path)
  return { result: { files: paths }, human: () => (paths.length === 0 ? ['No evidence against any member.'] : paths) }
}

function fileName({ epoch, member, id }: EvidenceView): string {
  return `belfry-evidence-${epoch}-${member.index}-${id.slice(0, 16)}.json`
}
