import { concat, type Outpoint, outpointOf, type Sats, sats, toHex, type Txid } from '@belfry/protocol/primitives'
import type { Bitcoind } from '../client.ts'
import { BitcoindError } from '../errors.ts'
import { Fields } from '../parse.ts'
import {
  type RawInput, type RawOutput, type RawTransaction, serialise, sha256, txidOf, vsizeOf,
} from './transaction.ts'

/**
 * Coins without a wallet: coinbases that pay a P2WSH whose script is OP_TRUE, so that whoever knows the script spends
 * them, without a signature. For regtest, where they are worth nothing.
 */

/** OP_TRUE. */
export const PURSE_WITNESS_SCRIPT = Uint8Array.of(0x51)
/** OP_0 and the SHA-256 of the witness script (BIP 141). */
export const PURSE_SCRIPT = concat(Uint8Array.of(0x00, 0x20), sha256(PURSE_WITNESS_SCRIPT))
/** PURSE_SCRIPT in bech32, for regtest. */
export const PURSE_ADDRESS = 'bcrt1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqseac85'

export interface Coin {
  readonly outpoint: Outpoint
  readonly value: Sats
}

export interface Funding {
  readonly txid: Txid
  /** In the order of the outputs asked for. */
  readonly outpoints: readonly Outpoint[]
  readonly transaction: Uint8Array
}

export interface Purse {
  /**
   * Pays all outputs in one transaction, and mines it. The purse mines coins for itself first when it has too few.
   * @throws BitcoindError purse-empty
   */
  fund(outputs: readonly RawOutput[]): Promise<Funding>
  /** The same, not mined and not even sent: the coins stay free until it is. */
  pay(outputs: readonly RawOutput[]): Promise<Funding>
  /** Coins that a transaction may spend now, the most valuable first: mature, and not spent in the mempool. */
  coins(): Promise<Coin[]>
  /** Mines until at least one coin is mature. */
  fill(): Promise<void>
}

/** A block can spend a coinbase of 100 blocks before. */
const COINBASE_MATURITY = 100
/** Well above every minimum, and below every rung. sat/vB. */
const FEERATE_SAT_VB = 10n
const MAX_INPUTS = 200
/** Worth keeping as change. */
const MIN_CHANGE_SATS = 10_000n

export function createPurse(bitcoind: Bitcoind): Purse {
  async function coins(): Promise<Coin[]> {
    const params = ['start', [`raw(${toHex(PURSE_SCRIPT)})`]]
    const scan = new Fields(await bitcoind.rpc.call('scantxoutset', params), 'scantxoutset')
    const next = scan.height('height') + 1
    const mature = scan.list('unspents', (value, what) => {
      const unspent = new Fields(value, what)
      const age = next - unspent.height('height')
      return {
        outpoint: outpointOf(unspent.txid('txid'), unspent.integer('vout')),
        value: unspent.sats('amount'),
        mature: !unspent.flag('coinbase') || age >= COINBASE_MATURITY,
      }
    }).filter((coin) => coin.mature).sort((a, b) => Number(b.value - a.value)).slice(0, MAX_INPUTS)
    const spenders = await bitcoind.getTxSpendingPrevout(mature.map(({ outpoint }) => outpoint))
    return mature.filter((_, i) => spenders[i]?.spender === null).map(({ outpoint, value }) => ({ outpoint, value }))
  }

  async function fill(): Promise<void> {
    if ((await coins()).length > 0) return
    await bitcoind.generateToAddress(COINBASE_MATURITY + 1, PURSE_ADDRESS)
  }

  async function pay(outputs: readonly RawOutput[]): Promise<Funding> {
    const available = await coins()
    const transaction = spend(available, outputs)
    if (transaction === null) throw new BitcoindError('purse-empty', 'the purse holds too little')
    const txid = txidOf(transaction)
    return { txid, outpoints: outputs.map((_, vout) => outpointOf(txid, vout)), transaction: serialise(transaction) }
  }

  async function payAndMine(outputs: readonly RawOutput[]): Promise<Funding> {
    await fill()
    const funding = await pay(outputs)
    await bitcoind.sendRawTransaction(funding.transaction)
    await bitcoind.generateToAddress(1, PURSE_ADDRESS)
    return funding
  }

  // One after the other: two at once would choose the same coins.
  let lastFunding: Promise<unknown> = Promise.resolve()
  return {
    coins,
    fill,
    pay,
    fund(outputs) {
      const funding = lastFunding.then(() => payAndMine(outputs))
      lastFunding = funding.catch(() => undefined)
      return funding
    },
  }
}

/** Takes coins in their order until they pay the outputs and the fee. @returns null when all together do not */
function spend(available: readonly Coin[], outputs: readonly RawOutput[]): RawTransaction | null {
  const needed = outputs.reduce((sum, { value }) => sum + value, 0n)
  const inputs: RawInput[] = []
  let gathered = 0n
  for (const coin of available) {
    inputs.push({ outpoint: coin.outpoint, witness: [PURSE_WITNESS_SCRIPT] })
    gathered += coin.value
    const change: RawOutput = { script: PURSE_SCRIPT, value: sats(MIN_CHANGE_SATS) }
    const fee = BigInt(vsizeOf({ inputs, outputs: [...outputs, change] })) * FEERATE_SAT_VB
    const rest = gathered - needed - fee
    if (rest >= MIN_CHANGE_SATS) return { inputs, outputs: [...outputs, { script: PURSE_SCRIPT, value: sats(rest) }] }
  }
  return null
}
