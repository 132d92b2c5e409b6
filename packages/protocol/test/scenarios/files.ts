import { readdirSync } from 'node:fs'

const ENDING = '.scenario'

/** The scenarios beside this file, by name. */
export function scenarioFiles(): readonly { readonly name: string; readonly url: URL }[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(ENDING))
    .toSorted()
    .map((file) => ({ name: file.slice(0, -ENDING.length), url: new URL(file, import.meta.url) }))
}
