import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Workspace {
  readonly path: string
  /** A passphrase file that the commands accept. */
  readonly passphrase: string
  file(...names: string[]): string
}

/** A folder for the whole suite that calls this, with a passphrase in it; removed after it. */
export function workspace(): Workspace {
  let path = ''
  const file = (...names: string[]): string => join(path, ...names)
  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'belfry-cli-'))
    await writeFile(file('passphrase'), 'correct horse battery staple\n', { mode: 0o600 })
  })
  after(() => rm(path, { recursive: true, force: true }))
  return {
    get path() { return path },
    get passphrase() { return file('passphrase') },
    file,
  }
}
