/** A member at half the window, whose ladder has done what it can, and the fee coins that come after it. */
import assert from 'node:assert/strict'
import {
  type BodyOf,
  type BumpAnswer,
  type EnvelopeId,
  type MemberIndex,
  type Rung,
  type SpendTx,
  type Txid,
  broadcasterOrder,
  taggedHash,
} from '../../src/index.ts'
import { type Feerate, type Hash32, type Millis, toHex } from '../../src/primitives/index.ts'
import { Seat, durable } from '../core/seat.ts'
import { type TestVault, clawbackTx, hasher, settingOf } from '../core/setting.ts'

export const setting = settingOf(5)
const sealed = new Uint8Array(81).fill(3)
const sealed_hash = toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32

export function orderFor(vault: TestVault): MemberIndex[] {
  return broadcasterOrder(hasher, setting.federation.lock_hash, vault.theft, setting.federation.members.map(({ index }) => index))
}

/** A block, with votes that stay fresh, and whatever it asks of the shell done. */
export function block(seat: Seat, vault: TestVault, count = 1, spends: { outpoint: TestVault['deposit']; tx: SpendTx }[] = []): void {
  for (let at = 0; at < count; at++) {
    const since = seat.outputs.length
    // A pause, for blocks that come all at once are no silence.
    seat.now_ms += 3_000
    for (const peer of seat.state.volatile.peers.values()) if (peer.life !== 'dead') peer.heard_at = seat.now_ms as Millis
    if (seat.tip % 6 === 0) for (const from of seat.others()) seat.vote(from, vault)
    seat.connect(at === 0 ? spends : [])
    seat.work(vault, since)
  }
}

/** Two others' shares of these envelopes, which with mine are enough. */
export function give(seat: Seat, vault: TestVault, rungs: readonly Rung[]): void {
  for (const { envelope_id } of rungs) for (const from of seat.others().slice(0, 2)) giveOne(seat, vault, from, envelope_id)
}

function giveOne(seat: Seat, vault: TestVault, from: number, envelope_id: EnvelopeId): void {
  const body: BodyOf<'release'> = { incident_id: vault.theft, manifest_hash: vault.hash, envelope_id, to: seat.state.config.self, sealed_hash }
  const since = seat.outputs.length
  seat.say(from, 'release', body, { attachment: sealed, channel: 'stream' })
  seat.work(vault, since)
}

export function unvaultOf(vault: TestVault, variant = 0) {
  return vault.manifest.unvaults[variant] ?? assert.fail()
}

/** At half the window: every rung rebuilt; bitcoind takes what it is given, and the top rung stands in its mempool. */
export function atTop(vault: TestVault, self: number, top = 250): Seat {
  const seat = beforeTop(vault, self)
  answerBroadcasts(seat, 'accepted')
  seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: clawbackTx(top) })
  return seat
}

/** The same, and bitcoind has not answered yet. */
export function beforeTop(vault: TestVault, self: number): Seat {
  const seat = Seat.guarding(vault, setting, self)
  seat.certified(vault)
  seat.work(vault)
  block(seat, vault, Math.floor(vault.manifest.csv / 2))
  give(seat, vault, unvaultOf(vault).clawback)
  return seat
}

export function answerBroadcasts(seat: Seat, answer: 'accepted' | 'conflict' | 'fee-too-low', since = 0): void {
  for (let at = since; at < seat.outputs.length; at++) {
    for (const { incident_id, envelope_id, txid } of durable(seat.outputs.slice(at, at + 1), 'broadcast')) {
      seat.outcome({ of: 'broadcast', incident_id, envelope_id, txid, answer })
    }
  }
}

export function bumps(seat: Seat, since = 0) {
  return durable(seat.outputs.slice(since), 'bump')
}

/** The fee wallet's answer to what it was asked last. */
export function pay(seat: Seat, answer: BumpAnswer, txid: Txid | null = null, feerate: number | null = null): void {
  const { incident_id, envelope_id, feerate: asked } = bumps(seat).at(-1) ?? assert.fail('nothing was asked')
  const paid = answer === 'accepted' || answer === 'already-known' ? ((feerate ?? asked) as Feerate) : null
  seat.outcome({ of: 'bump', incident_id, envelope_id, answer, txid, feerate: paid })
}
