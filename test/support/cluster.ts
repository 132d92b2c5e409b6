/** A real federation for a file of tests: processes, bitcoinds and network as in life. */
import { Cluster, type ClusterInit } from '../../packages/cli/src/demo/cluster/index.ts'
import { RELAY_AT_ONCE } from '../../packages/bitcoind/src/index.ts'
import { requireBitcoind } from '../../packages/bitcoind/test/support/require-bitcoind.ts'

/** Fifteen processes on two cores that others use too. */
const START_LIMIT_MS = 150_000

/**
 * Starts a cluster before the suite that this is called in, and stops it after. Its bitcoinds relay transactions at once: what
 * natural relay does is the demo's to show.
 * @returns gives the cluster, from inside a test
 */
export function useCluster(init: Omit<ClusterInit, 'binary'> = { members: 5 }): () => Cluster {
  let cluster: Cluster | null = null

  before(async function () {
    const binary = await requireBitcoind(this)
    this.timeout(Math.max(this.timeout(), START_LIMIT_MS))
    cluster = await Cluster.start({ bitcoindArgs: [RELAY_AT_ONCE], ...init, binary })
  })

  after(async function () {
    this.timeout(START_LIMIT_MS)
    await cluster?.stop()
  })

  return () => {
    if (cluster === null) throw new Error('the cluster is not up')
    return cluster
  }
}
