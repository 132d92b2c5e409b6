/** How large, and so how dear, what the fee wallet makes is. All with the longest signatures, so that no fee is too small. */
import { type Feerate, type Sats, sats } from '@belfry/protocol/primitives'
import { ANCHOR_VALUE } from '../scripts/anchor.ts'
import { MAX_SIGNATURE_BYTES, vsizeOfWeight } from '../transaction/fees.ts'

/** Outpoint, empty scriptSig, nSequence. */
const INPUT_BYTES = 41
const P2WPKH_OUTPUT_BYTES = 31
const KEY_BYTES = 33
/** Two items, each with its length. */
const COIN_WITNESS_WEIGHT = 1 + 1 + MAX_SIGNATURE_BYTES + 1 + KEY_BYTES
const COIN_INPUT_WEIGHT = INPUT_BYTES * 4 + COIN_WITNESS_WEIGHT
/** P2A needs no witness; in a transaction with one, its count of items is still there. */
const ANCHOR_INPUT_WEIGHT = INPUT_BYTES * 4 + 1
/** Version, marker and flag, counts of inputs and outputs of one byte each, locktime. */
const FRAME_WEIGHT = (4 + 1 + 1 + 4) * 4 + 2

/** BIP-431: of a version-3 transaction with an unconfirmed parent. */
export const MAX_CHILD_VSIZE = 1_000
/** Of P2WPKH, at bitcoind's default 3 sat/vB (GetDustThreshold). */
export const MIN_CHANGE: Sats = sats(294)

/** A with one coin. @param weight of A alone */
export function joinedVsize(weight: number): number {
  return vsizeOfWeight(weight + COIN_INPUT_WEIGHT)
}

/** @param change_script_bytes length of the output script */
export function childVsize(change_script_bytes: number): number {
  const output = 8 + 1 + change_script_bytes
  return vsizeOfWeight(FRAME_WEIGHT + ANCHOR_INPUT_WEIGHT + COIN_INPUT_WEIGHT + output * 4)
}

export function splitVsize(inputs: number, outputs: number): number {
  return vsizeOfWeight(FRAME_WEIGHT + inputs * COIN_INPUT_WEIGHT + outputs * P2WPKH_OUTPUT_BYTES * 4)
}

/** Of the usual 2-of-3 vault: what the pool is planned by. */
export const USUAL_ANYONE_CAN_PAY_VSIZE = 237
/** P and its child. */
export const USUAL_ANCHORED_VSIZE = 182 + childVsize(22)

/** The feerate at which a coin carries a usual A; what A pays by itself is not counted. */
export function anyoneCanPayCarries(coin: Sats): Feerate {
  return Number((coin * 1_000n) / BigInt(USUAL_ANYONE_CAN_PAY_VSIZE)) as Feerate
}

/** The most that a child can pay out of this coin, with the least change. */
export function mostForChild(coin: Sats): Sats {
  const most = coin + ANCHOR_VALUE - MIN_CHANGE
  return sats(most < 0n ? 0n : most)
}

/** The feerate at which a coin carries a usual P, with the least change; what P pays by itself is not counted. */
export function anchoredCarries(coin: Sats): Feerate {
  return Number((mostForChild(coin) * 1_000n) / BigInt(USUAL_ANCHORED_VSIZE)) as Feerate
}
