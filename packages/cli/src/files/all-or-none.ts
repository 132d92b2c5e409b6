import { rm } from 'node:fs/promises'

/**
 * For key files that belong together: `make` names each path once it has made it, and where the rest fails these are
 * removed again, for half a set of keys only misleads. What stood there before, or somebody else put there meanwhile, is
 * never among them. With `force` nothing is removed: what was replaced would not come back.
 */
export async function allOrNone<T>(force: boolean, make: (made: (path: string) => void) => Promise<T>): Promise<T> {
  const paths: string[] = []
  try {
    return await make((path) => paths.push(path))
  } catch (error) {
    if (!force) await Promise.all(paths.map((path) => rm(path, { force: true })))
    throw error
  }
}
