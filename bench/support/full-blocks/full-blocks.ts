/** Full blocks for a regtest bitcoind: P2WSH spends that need no signature, with witnesses that fill the block. */
import { createHash } from 'node:crypto'
import { type Bitcoind, type BlockHash, type Regtest, toHex } from '../../../packages/client/src/regtest.ts'
import { type FullBlock, block } from './block.ts'
import { type Coin, type Transaction, transaction } from './transaction.ts'

export interface NumberedBlock {
  readonly hash: BlockHash
  readonly height: number
  readonly bytes: Uint8Array
  /** What it spends. */
  readonly coins: readonly Coin[]
}

/** With these, a block has 3.5 MB and 3.98 M of its 4 M units of weight: few large witnesses, as inscriptions make them. */
const TRANSACTIONS = 900
const INPUTS = 2
/** Three of the longest items that a script may push, and one to fit. */
const PUSHES = [520, 520, 520, 275]
const COIN_SATS = 1_000n
const [OP_PUSHDATA2, OP_DROP, OP_TRUE] = [0x4d, 0x75, 0x51]
/** After so many blocks the first coinbase can be spent. */
const MATURITY = 100

/** Builds blocks one on the other; each spends the outputs of the one before. */
export class FullBlocks {
  readonly #bitcoind: Bitcoind
  #coins: readonly Coin[]
  #tip: { hash: Uint8Array; height: number; time_s: number }

  private constructor(bitcoind: Bitcoind, coins: readonly Coin[], tip: { hash: Uint8Array; height: number; time_s: number }) {
    this.#bitcoind = bitcoind
    this.#coins = coins
    this.#tip = tip
  }

  /** From the first block on: mines what is needed for the first coins. */
  static async start(regtest: Regtest): Promise<FullBlocks> {
    const { bitcoind } = regtest.node(0)
    const [first] = await regtest.mine(0, MATURITY + 1)
    const coinbase = first === undefined ? null : await coinbaseOf(bitcoind, first)
    if (coinbase === null) throw new Error('bitcoind mined nothing')
    const info = await bitcoind.getBlockchainInfo()
    const header = await bitcoind.getBlockHeader(info.bestBlockHash)
    const tip = { hash: hashOrder(info.bestBlockHash), height: info.blocks, time_s: header?.time_s ?? 0 }
    const blocks = new FullBlocks(bitcoind, [], tip)
    const outputs = Array.from({ length: TRANSACTIONS * INPUTS }, () => ({ script: LOCK, sats: COIN_SATS }))
    const fan = transaction([{ coin: { txid: coinbase, vout: 0 }, witness: [Uint8Array.of(OP_TRUE)] }], outputs)
    await blocks.give(blocks.#build([fan], []))
    blocks.#coins = outputs.map((_, vout) => ({ txid: fan.txid, vout }))
    return blocks
  }

  /** The next one. bitcoind does not have it yet: `give` it before another is built. */
  build(): NumberedBlock {
    const halves = this.#coins.slice(0, TRANSACTIONS)
    const transactions = halves.map((coin, at) => {
      const other = this.#coins[TRANSACTIONS + at] ?? coin
      const inputs = [coin, other].map((one) => ({ coin: one, witness: [UNLOCK] }))
      return transaction(inputs, inputs.map(() => ({ script: LOCK, sats: COIN_SATS })))
    })
    const built = this.#build(transactions, this.#coins)
    this.#coins = [0, 1].flatMap((vout) => transactions.map(({ txid }) => ({ txid, vout })))
    return built
  }

  /** Until bitcoind has taken it for its best. */
  async give({ bytes }: NumberedBlock): Promise<void> {
    const answer = await this.#bitcoind.rpc.call('submitblock', [Buffer.from(bytes).toString('hex')])
    if (answer !== null) throw new Error(`bitcoind does not take the block: ${JSON.stringify(answer)}`)
  }

  #build(transactions: readonly Transaction[], coins: readonly Coin[]): NumberedBlock {
    const height = this.#tip.height + 1
    // Later than the median of those before, however fast they come.
    const time_s = Math.max(Math.floor(Date.now() / 1_000), this.#tip.time_s + 1)
    const { bytes, hash }: FullBlock = block({ previous: this.#tip.hash, height, time_s, transactions })
    this.#tip = { hash, height, time_s }
    return { hash: toHex(hash.toReversed()) as BlockHash, height, bytes, coins }
  }
}

/** In hash order. */
async function coinbaseOf(bitcoind: Bitcoind, hash: BlockHash): Promise<Uint8Array | null> {
  const found = await bitcoind.rpc.call('getblock', [hash, 1])
  const list: unknown = typeof found === 'object' && found !== null && 'tx' in found ? found.tx : null
  const txid: unknown = Array.isArray(list) ? list[0] : null
  return typeof txid === 'string' ? hashOrder(txid) : null
}

function hashOrder(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex').toReversed()
}

/** Pushes and drops again, then OP_TRUE: all that anybody must show to spend. */
const UNLOCK = Buffer.concat([...PUSHES.map((length) => drop(length)), Uint8Array.of(OP_TRUE)])
/** OP_0 and the SHA-256 of the witness script (BIP 141). */
const LOCK = Buffer.concat([Uint8Array.of(0x00, 0x20), createHash('sha256').update(UNLOCK).digest()])

function drop(length: number): Uint8Array {
  const push = Uint8Array.of(OP_PUSHDATA2, length & 0xff, length >> 8)
  return Buffer.concat([push, Buffer.alloc(length, 0x5a), Uint8Array.of(OP_DROP)])
}
