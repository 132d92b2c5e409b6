/** Blocks at a steady pace, mined at one bitcoind after the other, as if each had a miner of its own. */
import { type BlockHash, BitcoindError, type Regtest, type RegtestNode } from '@belfry/client/regtest'
import { pause } from '../waiting.ts'

export interface MinedBlock {
  /** Just before it was asked for. */
  readonly at_ms: number
  readonly height: number
  readonly hash: BlockHash
  /** Index of the bitcoind. */
  readonly node: number
}

export interface MinerInit {
  readonly regtest: Regtest
  readonly interval_ms: number
  readonly onBlock?: (block: MinedBlock) => void
}

export class Miner {
  readonly #init: MinerInit
  readonly #stopping = new AbortController()
  #turn = 0
  #running: Promise<unknown> | null = null

  constructor(init: MinerInit) {
    this.#init = init
  }

  start(): void {
    // What else than an abort could reject it is a bug, which stop() tells.
    this.#running ??= this.#mine().catch((error: unknown) => error)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    const bug = await this.#running
    if (bug instanceof Error) throw bug
  }

  async #mine(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await pause(this.#init.interval_ms, signal).catch(() => {})
      if (!signal.aborted) await this.#mineOne()
    }
  }

  async #mineOne(): Promise<void> {
    const { regtest, onBlock } = this.#init
    const node = this.#next()
    if (node === null) return
    const at_ms = Date.now()
    try {
      const [hash] = await regtest.mine(node.index, 1)
      const header = hash === undefined ? null : await node.bitcoind.getBlockHeader(hash)
      if (header !== null) onBlock?.({ at_ms, height: header.height, hash: header.hash, node: node.index })
    } catch (error) {
      // One that is being stopped or started: the next one mines.
      if (!(error instanceof BitcoindError)) throw error
    }
  }

  /** null where no bitcoind runs. */
  #next(): RegtestNode | null {
    const { nodes } = this.#init.regtest
    for (let tries = 0; tries < nodes.length; tries++) {
      const node = nodes[this.#turn++ % nodes.length]
      if (node !== undefined && node.pid !== null) return node
    }
    return null
  }
}
