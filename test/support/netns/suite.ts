/** One federation for all scenarios, which are cut off from each other by what they leave: everybody well, and together. */
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { requireBitcoind } from '../../../packages/bitcoind/test/support/require-bitcoind.ts'
import type { EnrolledVault } from '../../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { requireNetns } from './capabilities.ts'
import { NetCluster } from './cluster.ts'
import { progress } from './steps.ts'

/** Eleven programs that start at once on two cores that others use too. */
const START_LIMIT_MS = 180_000

/** Names a folder that gets the members' logs where a scenario fails. */
const LOGS = 'BELFRY_NETNS_LOGS'

export interface Stage {
  readonly net: () => NetCluster
  readonly vault: (name: string) => EnrolledVault
}

/** @param names of vaults, one for each theft */
export function useNetCluster(names: readonly string[]): Stage {
  let cluster: NetCluster | null = null
  const vaults = new Map<string, EnrolledVault>()

  before(async function () {
    const tools = await requireNetns(this)
    const binary = await requireBitcoind(this)
    this.timeout(Math.max(this.timeout(), START_LIMIT_MS))
    const began = performance.now()
    cluster = await NetCluster.start(binary, tools)
    const made = await cluster.setUpVaults(names.map((name) => ({ name, act_at: 'confirmation' })))
    for (const [at, vault] of made.entries()) vaults.set(names[at] ?? '', vault)
    progress(`five members in five namespaces guard ${made.length} vaults, after ${Math.round((performance.now() - began) / 1_000)} s`)
  })

  afterEach(async function () {
    await cluster?.weather.clear()
    if (this.currentTest?.state === 'failed') await keepLogs()
  })

  /** For whoever looks for the cause: the files of the cluster are gone with it. */
  async function keepLogs(): Promise<void> {
    const folder = process.env[LOGS]
    if (folder === undefined) return
    await mkdir(folder, { recursive: true })
    await Promise.all((cluster?.members ?? []).map(({ name, files }) => copyFile(files.log, join(folder, `${name}.log`))))
    progress(`the members' logs so far are in ${folder}`)
  }

  after(async function () {
    this.timeout(START_LIMIT_MS)
    await cluster?.stop()
  })

  return {
    net: () => cluster ?? fail('the cluster is not up'),
    vault: (name) => vaults.get(name) ?? fail(`there is no vault "${name}"`),
  }
}

function fail(sentence: string): never {
  throw new Error(sentence)
}
