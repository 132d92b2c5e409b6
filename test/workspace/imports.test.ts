import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'

const PACKAGES = resolve(import.meta.dirname, '../../packages')

/** A package may import these of ours and no others. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  runtime: ['protocol'],
  vault: ['protocol/primitives'],
  network: ['protocol'],
  bitcoind: ['protocol/primitives'],
  keystore: ['protocol/primitives'],
  node: ['runtime', 'network', 'vault', 'protocol', 'bitcoind', 'keystore'],
  client: ['network', 'vault', 'protocol', 'bitcoind', 'keystore'],
  cli: ['client', 'node'],
  simulator: ['runtime', 'protocol'],
}

/** No platform: neither Node's API nor its globals, no clock, no randomness. */
const PURE = ['protocol', 'runtime', 'vault'] as const
const IMPURE = /['"]node:|\bcrypto\.subtle\b|\bgetRandomValues\b|\brandomUUID\b|\bconsole\.|\bfetch\(|\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bperformance\.|\bprocess\.|\bBuffer\b/

interface Source {
  readonly package: string
  readonly path: string
  readonly text: string
}

async function sourcesOf(name: string): Promise<Source[]> {
  const root = join(PACKAGES, name, 'src')
  const entries = await readdir(root, { recursive: true })
  return await Promise.all(
    entries
      .filter((entry) => entry.endsWith('.ts'))
      .map(async (entry) => {
        const path = join(root, entry)
        return { package: name, path: relative(PACKAGES, path), text: await readFile(path, 'utf8') }
      }),
  )
}

/** What a file imports, type imports and dynamic ones included. */
function importsOf({ text }: Source): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*['"]([^'"]+)['"]/g)].flatMap((match) => match[1] ?? [])
}

/** Without comments, so that prose may speak of what code may not use. */
function codeOf({ text }: Source): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '')
}

describe('the direction of imports', () => {
  for (const [name, allowed] of Object.entries(ARROWS)) {
    it(`lets ${name} import only ${allowed.length === 0 ? 'nothing of ours' : allowed.join(', ')}`, async () => {
      const sources = await sourcesOf(name)
      assert.ok(sources.length > 0, `packages/${name}/src has sources`)
      const wrong = sources.flatMap((source) =>
        importsOf(source)
          .filter((specifier) => specifier.startsWith('@belfry/'))
          .filter((specifier) => {
            const target = specifier.slice('@belfry/'.length)
            return !allowed.some((one) => target === one || target.startsWith(`${one}/`))
          })
          .map((specifier) => `${source.path} imports ${specifier}`),
      )
      assert.deepEqual(wrong, [])
    })

    it(`lets ${name} reach other packages by their names only`, async () => {
      const wrong = (await sourcesOf(name)).flatMap((source) =>
        importsOf(source)
          .filter((specifier) => specifier.startsWith('.'))
          .filter((specifier) => !resolve(PACKAGES, source.path, '..', specifier).startsWith(join(PACKAGES, name, 'src')))
          .map((specifier) => `${source.path} imports ${specifier}`),
      )
      assert.deepEqual(wrong, [])
    })
  }

  it('is written down for every package', async () => {
    assert.deepEqual((await readdir(PACKAGES)).toSorted(), Object.keys(ARROWS).toSorted())
  })

  it('loads the node package lazily from the command line', async () => {
    const eager = (await sourcesOf('cli')).filter(({ text }) => /^(?:import|export)\s(?!type\b)[^'"]*['"]@belfry\/node\b/m.test(text))
    assert.deepEqual(eager.map(({ path }) => path), [])
  })

  for (const name of PURE) {
    it(`keeps ${name} pure`, async () => {
      const wrong = (await sourcesOf(name)).filter((source) => IMPURE.test(codeOf(source)))
      assert.deepEqual(wrong.map(({ path }) => path), [])
    })
  }
})
