import { join } from 'node:path'
import { type BlockHash, invariant, toHex } from '@belfry/protocol/primitives'
import { BitcoindError } from '../errors.ts'
import { Fields } from '../parse.ts'
import { type Place, type RegtestNode, startNode } from './node.ts'
import { pollUntil } from './poll.ts'
import { ExitGuard } from './process.ts'
import { createPurse, type Purse, PURSE_ADDRESS } from './purse.ts'

export interface RegtestOptions {
  /** 1..15 bitcoinds. */
  readonly count: number
  /** One directory per bitcoind is made here. The caller owns it, and removes it. */
  readonly baseDir: string
  /** The bitcoind to run, as findBitcoind gives it. */
  readonly binary: { readonly path: string }
  /** After Belfry's own, so that they win. */
  readonly extraArgs?: readonly string[]
  /** Leave them running when this process ends. Default false. */
  readonly outliveParent?: boolean
  /** Where each runs, in their order. Default: all here, on loopback. */
  readonly places?: readonly Place[]
}

export interface Regtest {
  readonly nodes: readonly RegtestNode[]
  /** Coins, mined at node 0. */
  readonly purse: Purse
  /** @throws RangeError when there is no such node */
  node(index: number): RegtestNode
  /** Mines at one node; to the purse when no address is given. @returns the new blocks, the oldest first */
  mine(nodeIndex: number, blocks: number, address?: string): Promise<BlockHash[]>
  /**
   * An address nobody was paid at yet, and whose coins nobody spends: for mining another branch after invalidateBlock.
   */
  freshAddress(): Promise<string>
  /**
   * Starts one more bitcoind, connected with all of these. It is none of `nodes`, so nothing waits for it; stopAll stops it
   * too. @throws BitcoindError start-failed, stalled
   */
  join(name: string, extraArgs: readonly string[]): Promise<RegtestNode>
  /** Until all nodes that run have the same tip. Default limit 60 s. @throws BitcoindError stalled */
  waitForSameTip(limit_ms?: number): Promise<BlockHash>
  /** Nothing runs any more when this returns. */
  stopAll(): Promise<void>
}

const MAX_NODES = 15
/**
 * Up to here everybody is connected with everybody; above, with the next two on a ring, so that no one node cuts it.
 */
const MAX_FULL_MESH = 6
/**
 * An extra argument with which transactions go round at once, where bitcoind else waits some seconds, at random, so
 * that nobody sees where one came from.
 */
export const RELAY_AT_ONCE = '-whitelist=in,out,noban@127.0.0.1'

/** Blocks go round at once; a node that was away asks its peers after a while. */
const SAME_TIP_LIMIT_MS = 60_000

/**
 * Starts regtest bitcoinds on loopback, connected with each other. On any failure, none is left running.
 * @throws BitcoindError start-failed, stalled
 */
export async function startRegtest(options: RegtestOptions): Promise<Regtest> {
  const { count, baseDir, binary, extraArgs = [], outliveParent = false, places = [] } = options
  invariant(count >= 1 && count <= MAX_NODES, `a regtest network has 1 to ${MAX_NODES} nodes`)
  const exitGuard = outliveParent ? null : new ExitGuard()
  const starts = await Promise.allSettled(Array.from({ length: count }, (_, index) =>
    startNode({ index, dataDir: join(baseDir, `bitcoind-${index}`), program: binary.path, extraArgs, exitGuard, place: places[index] })))
  const nodes = starts.flatMap((start) => start.status === 'fulfilled' ? [start.value] : [])
  try {
    for (const start of starts) if (start.status === 'rejected') throw start.reason
    await Promise.all(nodes.flatMap((node) => linksOf(node, nodes).map((other) => node.connectTo(other))))
    return new Network(nodes, (name, index, args) =>
      startNode({ index, dataDir: join(baseDir, name), program: binary.path, extraArgs: args, exitGuard }))
  } catch (error) {
    await Promise.all(nodes.map((node) => node.kill()))
    for (const { bitcoind } of nodes) bitcoind.close()
    throw error
  }
}

/** The links that this node dials, so that each pair is linked once. */
function linksOf(node: RegtestNode, nodes: readonly RegtestNode[]): RegtestNode[] {
  if (nodes.length <= MAX_FULL_MESH) return nodes.slice(node.index + 1)
  return [1, 2].flatMap((step) => nodes[(node.index + step) % nodes.length] ?? [])
}

type StartGuest = (name: string, index: number, extraArgs: readonly string[]) => Promise<RegtestNode>

class Network implements Regtest {
  readonly nodes: readonly RegtestNode[]
  readonly purse: Purse
  private readonly startGuest: StartGuest
  private readonly guests: RegtestNode[] = []
  private freshAddresses = 0

  constructor(nodes: readonly RegtestNode[], startGuest: StartGuest) {
    this.nodes = nodes
    this.startGuest = startGuest
    this.purse = createPurse(this.node(0).bitcoind)
  }

  node(index: number): RegtestNode {
    const node = this.nodes[index]
    if (node === undefined) throw new RangeError(`there is no node ${index}`)
    return node
  }

  async mine(nodeIndex: number, blocks: number, address: string = PURSE_ADDRESS): Promise<BlockHash[]> {
    return this.node(nodeIndex).bitcoind.generateToAddress(blocks, address)
  }

  async freshAddress(): Promise<string> {
    this.freshAddresses += 1
    // A number, OP_DROP, OP_TRUE: bitcoind tells the address of that script.
    const number = new Uint8Array(4)
    new DataView(number.buffer).setUint32(0, this.freshAddresses)
    const script = `04${toHex(number)}7551`
    const decoded = new Fields(await this.node(0).bitcoind.rpc.call('decodescript', [script]), 'decodescript')
    return decoded.object('segwit').text('address')
  }

  async join(name: string, extraArgs: readonly string[]): Promise<RegtestNode> {
    const index = this.nodes.length + this.guests.length
    invariant(index < MAX_NODES, `a regtest network has 1 to ${MAX_NODES} nodes`)
    const guest = await this.startGuest(name, index, extraArgs)
    this.guests.push(guest)
    await Promise.all(this.nodes.map((node) => guest.connectTo(node)))
    return guest
  }

  async waitForSameTip(limit_ms: number = SAME_TIP_LIMIT_MS): Promise<BlockHash> {
    const running = this.nodes.filter(({ pid }) => pid !== null)
    if (running.length === 0) throw new BitcoindError('stalled', 'no node is running')
    return pollUntil('the same tip at all nodes', limit_ms, async () => {
      const tips = new Set(await Promise.all(running.map(({ bitcoind }) => bitcoind.getBestBlockHash())))
      const [tip] = tips
      return tips.size === 1 && tip !== undefined ? tip : false
    })
  }

  async stopAll(): Promise<void> {
    const all = [...this.nodes, ...this.guests]
    await Promise.all(all.map((node) => node.stop()))
    for (const { bitcoind } of all) bitcoind.close()
  }
}
