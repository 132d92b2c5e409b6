/** The decoder that ours is held to. It is vault's dependency, and only of the tests here. */
import { createRequire } from 'node:module'

export interface PeerInput {
  /** The txid that it names, as on the wire. */
  readonly hash: Uint8Array
  readonly index: number
}

export interface PeerOutput {
  readonly script: Uint8Array
  readonly value: bigint
}

export interface PeerTransaction {
  version: number
  locktime: number
  readonly ins: readonly PeerInput[]
  readonly outs: readonly PeerOutput[]
  addInput(hash: Uint8Array, index: number, sequence: number, script: Uint8Array): number
  addOutput(script: Uint8Array, value: bigint): number
  setWitness(input: number, witness: readonly Uint8Array[]): void
  hasWitnesses(): boolean
  toBuffer(): Uint8Array
  getId(): string
  /** In the order in which it is hashed. */
  getHash(forWitness?: boolean): Uint8Array
  virtualSize(): number
  weight(): number
}

export interface PeerBlock {
  transactions?: PeerTransaction[]
  toBuffer(headersOnly?: boolean): Uint8Array
}

interface BitcoinJs {
  readonly Block: { readonly fromBuffer: (bytes: Uint8Array) => PeerBlock }
  readonly Transaction: (new () => PeerTransaction) & { readonly fromBuffer: (bytes: Uint8Array) => PeerTransaction }
}

const fromVault = createRequire(new URL('../../../../../vault/package.json', import.meta.url))
export const { Block, Transaction } = fromVault('bitcoinjs-lib') as BitcoinJs
