import type { Output } from '../output/index.ts'

/** Of a file in which signatures are gathered: whoever is waited for must learn that what came of them does not count. */
export function warnOfWrong(output: Output, path: string, keys: readonly string[]): void {
  for (const key of keys) {
    output.warn(`The signature of the key ${key} in ${path} is wrong: it is not counted, and not sent. Have the owner of that key sign again.`)
  }
}
