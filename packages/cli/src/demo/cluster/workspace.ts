import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of its own that is gone with its disposal, or, where `isKept` does not hold, with this process however it exits. */
export async function makeWorkspace(cleanup: AsyncDisposableStack, isKept: boolean): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'belfry-'))
  const removeAtExit = (): void => rmSync(dir, { recursive: true, force: true })
  if (!isKept) process.once('exit', removeAtExit)
  cleanup.defer(async () => {
    process.off('exit', removeAtExit)
    await rm(dir, { recursive: true, force: true })
  })
  return dir
}
