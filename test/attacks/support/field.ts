/** Where the raids happen: three members, 2 of 3, and one bitcoind more, which is the thief's. */
import type { RegtestNode } from '../../../packages/bitcoind/src/index.ts'
import { RELAY_AT_ONCE } from '../../../packages/bitcoind/src/index.ts'
import { Cluster } from '../../../packages/cli/src/demo/cluster/index.ts'
import { type Policy, bitcoindWith } from './policies.ts'
import { Raid, type RaidInit } from './raid.ts'

const START_LIMIT_MS = 150_000

export interface Field {
  readonly cluster: Cluster
  readonly thief: RegtestNode
  /** Starts one more bitcoind, of the same policy, that is nobody's. */
  stranger(name: string, args: readonly string[]): Promise<RegtestNode>
  raid(name: string, init?: RaidInit): Promise<Raid>
}

/** @param bitcoindArgs for every bitcoind, the thief's too */
export function useField(policy: Policy, bitcoindArgs: readonly string[] = []): () => Field {
  let field: Field | null = null

  before(async function () {
    const { binary, args } = await bitcoindWith(this, policy)
    this.timeout(Math.max(this.timeout(), START_LIMIT_MS))
    const all = [RELAY_AT_ONCE, ...args, ...bitcoindArgs]
    const cluster = await Cluster.start({ members: 3, binary, bitcoindArgs: all })
    const thief = await cluster.regtest.join('thief', all).catch(async (error: unknown) => {
      await cluster.stop()
      throw error
    })
    const stranger = (name: string, more: readonly string[]): Promise<RegtestNode> => cluster.regtest.join(name, [...all, ...more])
    field = { cluster, thief, stranger, raid: (name, init) => Raid.on(cluster, thief, name, init) }
  })

  after(async function () {
    this.timeout(START_LIMIT_MS)
    await field?.cluster.stop()
  })

  return () => {
    if (field === null) throw new Error('the federation is not up')
    return field
  }
}
