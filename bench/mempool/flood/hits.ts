/** Transactions that do something to what is watched, and that a real bitcoind has in its mempool. */
import { createHash } from 'node:crypto'
import { type Outpoint, type Regtest, sats, toHex } from '../../../packages/client/src/regtest.ts'
import { PURSE_SCRIPT, PURSE_WITNESS_SCRIPT } from '../../../packages/bitcoind/src/regtest/purse.ts'
import { keyOfOutpoint } from '../../../packages/node/src/chain/index.ts'
import { transaction } from '../../support/full-blocks/transaction.ts'
import type { Hit } from './messages.ts'

/** Whose coin it spends, or whose script it pays. */
export const KINDS = ['core', 'list', 'payment'] as const
export type HitKind = (typeof KINDS)[number]

export interface WatchedSpend extends Hit {
  readonly kind: HitKind
  readonly outpoint: Outpoint
  /** What its first output pays. */
  readonly script: Uint8Array
}

const COIN_SATS = 20_000
const PAID_SATS = 15_000n
const TXID_BYTES = 32
/** Outputs of one funding transaction: as many as a purse takes, with its change. */
const COINS_PER_FUNDING = 250

/** Signed by nobody, for nobody need sign; not sent yet. Kinds in turn. */
export async function prepareHits({ purse }: Regtest, count: number): Promise<WatchedSpend[]> {
  const hits: WatchedSpend[] = []
  while (hits.length < count) {
    const wanted = Math.min(COINS_PER_FUNDING, count - hits.length)
    const { outpoints } = await purse.fund(Array.from({ length: wanted }, () => ({ script: PURSE_SCRIPT, value: sats(COIN_SATS) })))
    for (const outpoint of outpoints) hits.push(spend(outpoint, hits.length))
  }
  return hits
}

function spend(outpoint: Outpoint, at: number): WatchedSpend {
  const key = keyOfOutpoint(outpoint)
  const coin = { txid: key.subarray(0, TXID_BYTES), vout: new DataView(key.buffer).getUint32(TXID_BYTES, true) }
  const script = keyHashScript(`paid by ${at}`)
  const { bytes, txid } = transaction([{ coin, witness: [PURSE_WITNESS_SCRIPT] }], [{ script, sats: PAID_SATS }])
  return { bytes, txid: toHex(txid.toReversed()), kind: KINDS[at % KINDS.length] ?? 'core', outpoint, script }
}

/** P2WPKH, of a key that nobody has. */
export function keyHashScript(name: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(0x00, 0x14), createHash('sha256').update(name).digest().subarray(0, 20)])
}
