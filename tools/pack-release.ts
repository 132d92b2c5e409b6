/**
 * Makes release/belfry-<version>.tar.gz: the built command with its production dependencies, for a host that has Node 24
 * and no package manager. Prebuilt native parts of all platforms are inside.
 */
import { spawnSync } from 'node:child_process'
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const RELEASE = join(ROOT, 'release')
const DOCUMENTS = ['LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md']

const LAUNCHER = `#!/bin/sh
# Runs belfry with the Node on PATH; it says so where that one is too old.
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd) || exit 1
exec node "$here/dist/main.js" "$@"
`

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function run(what: string, command: string, args: readonly string[]): void {
  say(what)
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ended with ${status}`)
}

/** The pnpm that runs this script. */
function pnpm(what: string, args: readonly string[]): void {
  const script = process.env['npm_execpath']
  if (script === undefined) throw new Error('run this by `pnpm pack:release`')
  if (/\.[cm]?js$/.test(script)) run(what, process.execPath, [script, ...args])
  else run(what, script, args)
}

const { version } = JSON.parse(await readFile(join(ROOT, 'packages/cli/package.json'), 'utf8')) as { version: string }
const name = `belfry-${version}`
const folder = join(RELEASE, name)
const archive = `${folder}.tar.gz`

await rm(folder, { recursive: true, force: true })
await mkdir(RELEASE, { recursive: true })
pnpm('building', ['exec', 'tsc', '-b'])
pnpm('gathering production dependencies', ['--filter', '@belfry/cli', '--prod', '--legacy', 'deploy', folder])
await mkdir(join(folder, 'bin'))
await writeFile(join(folder, 'bin/belfry'), LAUNCHER, { mode: 0o755 })
for (const document of DOCUMENTS) await cp(join(ROOT, document), join(folder, document))
run('packing', 'tar', ['-C', RELEASE, '--owner=0', '--group=0', '--numeric-owner', '-czf', archive, name])
const megabytes = ((await stat(archive)).size / 1e6).toFixed(0)
process.stdout.write(`release/${name}.tar.gz (${megabytes} MB)\nUnpack it on a host with Node 24 and run ${name}/bin/belfry version\n`)
