/** Trying something on the thief's own bitcoind, and saying what came of it. */
import { randomInt } from 'node:crypto'
import { Transaction } from 'bitcoinjs-lib'
import { type Bitcoind, type BroadcastAnswer, BitcoindError } from '../../../packages/bitcoind/src/index.ts'
import type { Attempt } from './attempt.ts'

export interface Move {
  readonly tried: string
  readonly raw: Uint8Array
  readonly fee_sats: bigint | number
  readonly own_sats?: bigint | number
}

/** An address that belongs to nobody here: P2WSH of a number, OP_DROP, OP_TRUE, for the blocks that he mines. */
export async function minerAddress({ rpc }: Bitcoind): Promise<string> {
  const number = Buffer.alloc(4)
  // Another one each time: after invalidateblock the same block must not come out again.
  number.writeUInt32BE(randomInt(1, 0x7fff_ffff))
  const decoded = (await rpc.call('decodescript', [`04${number.toString('hex')}7551`])) as { segwit: { address: string } }
  return decoded.segwit.address
}

export class Teller {
  readonly bitcoind: Bitcoind

  constructor(bitcoind: Bitcoind) {
    this.bitcoind = bitcoind
  }

  /** Gives it to his bitcoind. @returns whether it is in the mempool now */
  async send(move: Move): Promise<boolean> {
    return this.#tell(move, await this.bitcoind.broadcast(move.raw))
  }

  /** The parent first; what is told is of the child. */
  async sendPackage(parent: Uint8Array, move: Move): Promise<boolean> {
    return this.#tell(move, await this.bitcoind.broadcastPackage([parent, move.raw]))
  }

  /** As a miner: a block of these transactions alone, whatever any mempool says. @returns whether it is a valid block */
  async mine(move: Move, before: readonly Uint8Array[] = []): Promise<boolean> {
    const address = await minerAddress(this.bitcoind)
    try {
      await this.bitcoind.generateBlock(address, [...before, move.raw])
      return this.#tell(move, { kind: 'accepted' })
    } catch (error) {
      if (!(error instanceof BitcoindError) || error.rpc === undefined) throw error
      return this.#tell(move, { kind: 'rejected', reason: error.rpc.message })
    }
  }

  /** What no bitcoind answers. */
  say({ tried, answer, reason }: Pick<Attempt, 'tried' | 'answer' | 'reason'>): void {
    write({ tried, txid: null, vsize: null, fee_sats: 0, own_sats: 0, answer, reason })
  }

  #tell({ tried, raw, fee_sats, own_sats = 0 }: Move, answer: BroadcastAnswer): boolean {
    const transaction = Transaction.fromBuffer(raw)
    write({
      tried,
      txid: transaction.getId(),
      vsize: transaction.virtualSize(),
      fee_sats: Number(fee_sats),
      own_sats: Number(own_sats),
      answer: answer.kind,
      reason: 'reason' in answer ? answer.reason : null,
    })
    return answer.kind === 'accepted' || answer.kind === 'already-known'
  }
}

function write(attempt: Attempt): void {
  process.stdout.write(`${JSON.stringify(attempt)}\n`)
}
