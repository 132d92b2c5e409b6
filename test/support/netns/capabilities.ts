/** What a machine must be able to do for these tests. Where it cannot, they are skipped by name, or fail where they are required. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Context } from 'mocha'
import { mountDisk, unmountDisk } from './disk.ts'
import { type Tools, findTools } from './tools.ts'
import { NAME_PREFIX, inNamespace, removeLeftovers } from './wires.ts'

const run = promisify(execFile)

export type Capability = 'netns' | 'nft' | 'faketime' | 'tmpfs'

/** The first use fetches two packages. */
const FETCH_LIMIT_MS = 120_000
const HOUR_MS = 3_600_000

/**
 * For the `before` of a suite that needs namespaces. Where a capability is missing it prints which and why, and skips; where
 * BELFRY_REQUIRE (a list with commas) names `netns`, it fails.
 */
export async function requireNetns(context: Context): Promise<Tools> {
  context.timeout(Math.max(context.timeout(), FETCH_LIMIT_MS))
  let asked: Capability = 'netns'
  const namespace = `${NAME_PREFIX}${process.pid}-probe`
  try {
    await removeLeftovers()
    await run('ip', ['netns', 'add', namespace])
    try {
      await run('ip', ['-n', namespace, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth1'])
      asked = 'nft'
      const tools = await findTools()
      await probeNft(namespace, tools)
      asked = 'faketime'
      await probeFaketime(tools)
      asked = 'tmpfs'
      await probeTmpfs()
      return tools
    } finally {
      await run('ip', ['netns', 'del', namespace])
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim().split('\n').at(-1) : String(cause)
    const isRequired = (process.env['BELFRY_REQUIRE'] ?? '').split(',').includes('netns')
    if (isRequired) throw new Error(`${asked} is required, and missing: ${reason}`, { cause })
    process.stderr.write(`    skipped for lack of ${asked}: ${reason}\n`)
    return context.skip()
  }
}

/** Every kind of rule that the tests use. */
async function probeNft(namespace: string, { nft }: Tools): Promise<void> {
  const rules = [
    'table inet probe {', 'chain delayed {', 'type nat hook prerouting priority dstnat', 'tcp dport 1 redirect to :2', '}',
    'chain heard {', 'type filter hook input priority 0', 'numgen random mod 100 < 5 drop', 'tcp dport 1 reject with tcp reset', '}', '}',
  ]
  const loading = run(...inNamespace(namespace, [nft, '-f', '-']))
  loading.child.stdin?.end(`${rules.join('\n')}\n`)
  await loading
}

async function probeFaketime({ faketime }: Tools): Promise<void> {
  const env = { ...process.env, LD_PRELOAD: faketime, FAKETIME: '+1h' }
  const { stdout } = await run(process.execPath, ['-p', 'Date.now()'], { env })
  if (Number(stdout) < Date.now() + HOUR_MS / 2) throw new Error('libfaketime does not shift this Node\'s clock')
}

async function probeTmpfs(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `${NAME_PREFIX}${process.pid}-`))
  await mountDisk(folder)
  await unmountDisk(folder)
  await rm(folder, { recursive: true })
}
