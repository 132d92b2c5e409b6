import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for each test of the suite that calls this; removed after it. */
export function temporaryFolder(): { readonly path: string; file(...names: string[]): string } {
  let path = ''
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'belfry-client-'))
  })
  afterEach(() => rm(path, { recursive: true, force: true }))
  return {
    get path() { return path },
    file: (...names) => join(path, ...names),
  }
}
