/** The three ways in which a coin is taken, each as something that is given to bitcoinds and must be answered. */
import type { Bitcoind } from '../../packages/client/src/index.ts'
import { type RegtestNode, toHex } from '../../packages/client/src/regtest.ts'
import type { PreparedVault } from './vaults.ts'
import type { Notice } from './witness.ts'

export const MODES = ['mempool', 'confirmation', 'cold-theft'] as const
export type Mode = (typeof MODES)[number]

export interface Answer {
  readonly txid: string
  readonly raw: Uint8Array
}

export interface Theft {
  readonly vault: PreparedVault
  readonly kind: 'theft' | 'cold-theft'
  /** What the clock starts at, at the first bitcoind that has it. */
  readonly start: { readonly kind: Notice['kind']; readonly id: string }
  /** Gives it to one bitcoind. */
  readonly give: (bitcoind: Bitcoind) => Promise<void>
  /** Any of these, and nothing else, is right. The one that answers alone is the first. */
  readonly answers: readonly Answer[]
  /** What may be accepted besides an answer. */
  readonly own: readonly string[]
  /** What must be mined, in this order, so that the answer confirms. */
  readonly before: readonly Uint8Array[]
}

/** @param miner makes the block for `confirmation`; the block is on no chain before it is given */
export async function makeTheft(mode: Mode, vault: PreparedVault, miner: Miner): Promise<Theft> {
  switch (mode) {
    case 'mempool':
      return unconfirmedTheft(vault)
    case 'confirmation':
      return await confirmedTheft(vault, miner)
    case 'cold-theft':
      return coldTheft(vault)
  }
}

export interface Miner {
  readonly node: RegtestNode
  readonly address: string
}

function unconfirmedTheft(vault: PreparedVault): Theft {
  const { unvault, clawback } = vault
  return {
    vault,
    kind: 'theft',
    start: { kind: 'accepted', id: unvault.txid },
    give: async (bitcoind) => void (await bitcoind.sendRawTransaction(unvault.raw)),
    answers: clawback,
    own: [unvault.txid],
    before: [unvault.raw],
  }
}

async function confirmedTheft(vault: PreparedVault, { node, address }: Miner): Promise<Theft> {
  const { unvault, clawback } = vault
  const { hash, hex } = blockIn(await node.bitcoind.rpc.call('generateblock', [address, [toHex(unvault.raw)], false]))
  return {
    vault,
    kind: 'theft',
    start: { kind: 'connected', id: hash },
    // It answers null, or a word such as `duplicate` where a peer was faster.
    give: async (bitcoind) => void (await bitcoind.rpc.call('submitblock', [hex])),
    answers: clawback,
    own: [],
    before: [],
  }
}

function coldTheft(vault: PreparedVault): Theft {
  const { coldSpend, emergency } = vault
  return {
    vault,
    kind: 'cold-theft',
    start: { kind: 'accepted', id: coldSpend.txid },
    give: async (bitcoind) => void (await bitcoind.sendRawTransaction(coldSpend.raw)),
    // The highest first: it races a bidding thief.
    answers: emergency.toReversed(),
    own: [coldSpend.txid],
    before: [],
  }
}

function blockIn(answer: unknown): { hash: string; hex: string } {
  const { hash, hex } = (answer ?? {}) as { hash?: unknown; hex?: unknown }
  if (typeof hash !== 'string' || typeof hex !== 'string') throw new Error('bitcoind made no block')
  return { hash, hex }
}
