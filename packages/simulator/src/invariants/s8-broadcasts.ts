import type { DurableEffect } from '@belfry/protocol'
import { type MemberIndex, outpointOf, toHex } from '@belfry/protocol/primitives'
import type { Context, Invariant } from './invariant.ts'
import { placeOf } from './ladder.ts'

export const S8: Invariant = {
  name: 'S8',
  sentence:
    'each broadcast is a manifest txid, an A whose vault input and outputs match, a P child, or U as seen; share bytes ' +
    'appear in no gossip, log, metric or evidence',
  watch: (context) => {
    const shares = new ShareFinder(context)
    return {
      onLeaving(member, effect) {
        if (!context.isHonest(member.index)) return
        if (effect.effect === 'broadcast') checkBroadcast(context, member.index, effect)
        else if (effect.effect === 'bump') checkBump(context, member.index, effect)
        else if ('bytes' in effect && shares.isIn(effect.bytes)) context.fail(`a share went out by ${effect.effect}`, member.index)
      },
      onImmediate(member, effect) {
        // Log lines and metrics are made of these.
        if (effect.effect !== 'tell' || !shares.isWritten(Object.values(effect.tell).join(' '))) return
        context.fail('a share was told', member.index)
      },
      onEnd() {
        for (const { index, disk } of context.members.values()) {
          const { snapshot, entries } = disk.load()
          const isOnDisk = [...(snapshot ? [snapshot] : []), ...entries].some(({ bytes }) => shares.isIn(bytes))
          if (isOnDisk) context.fail('a share stands in the log', index)
        }
      },
    }
  },
}

function checkBroadcast(
  context: Context,
  member: MemberIndex,
  { envelope_id, txid, parent }: Extract<DurableEffect, { effect: 'broadcast' }>,
): void {
  const place = placeOf(context.vaults, envelope_id)
  if (place?.means) {
    context.fail('a transaction that a fee coin is to pay for was submitted without one', member)
    return
  }
  if (place?.ladder[place.rung]?.txid !== txid) {
    context.fail('a transaction was submitted that is not what its envelope holds', member)
    return
  }
  if (parent === null) return
  const tx = context.vaults.txOf(parent)
  if (tx === null || tx.txid !== place.unvault?.txid) context.fail('a parent was submitted that is no unvault of the rung', member)
}

/** What the fee wallet is asked to complete; that it keeps the outputs, or adds a child alone, is the wallet's part. */
function checkBump(context: Context, member: MemberIndex, effect: Extract<DurableEffect, { effect: 'bump' }>): void {
  const place = placeOf(context.vaults, effect.envelope_id)
  const isMeans = place?.means?.kind === effect.means && place.ladder[0]?.txid === effect.txid
  if (!isMeans || place?.unvault === null || place?.unvault === undefined) {
    context.fail('a fee coin was asked for what is no means that takes one', member)
    return
  }
  if (effect.outpoint !== outpointOf(place.unvault.txid, 0)) context.fail('a fee coin was asked for another coin\'s recovery', member)
  const { confirmed } = context.told.spendOf(member, place.manifest.deposit.outpoint)
  if (confirmed?.tx.txid !== place.unvault.txid) context.fail('a fee coin was asked for before U confirmed', member)
}

const START_BYTES = 6
const STRIDE = 16

/**
 * Looks for any share by its first bytes: by chance alone they meet once in some 10^12 places. In bytes every sixteenth place is
 * enough to look at, for a share reaches over one of them with each of its first sixteen.
 */
class ShareFinder {
  readonly #context: Context
  readonly #starts = new Set<number>()
  /** By two bytes, whether any of these has them so near its start: nearly every place is done with here. */
  readonly #perhaps = new Uint8Array(0x1_0000)
  /** In hex. */
  readonly #texts = new Set<string>()
  #deals = 0

  constructor(context: Context) {
    this.#context = context
  }

  isIn(bytes: Uint8Array): boolean {
    this.#learn()
    for (let at = STRIDE - 1; at + 1 < bytes.length; at += STRIDE) {
      if (this.#perhaps[pairAt(bytes, at)] === 1 && this.#startsBefore(bytes, at)) return true
    }
    return false
  }

  /** In hex. */
  isWritten(text: string): boolean {
    this.#learn()
    let pair = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      // By the last two bytes. What is no digit is taken for some: it stands in none of the texts.
      pair = ((pair << 4) | ((code + (code >> 6) * 9) & 0xf)) & 0xffff
      if (this.#perhaps[pair] === 1 && this.#texts.has(text.slice(at - 3, at - 3 + 2 * START_BYTES))) return true
    }
    return false
  }

  #startsBefore(bytes: Uint8Array, at: number): boolean {
    for (let start = at - STRIDE + 1; start <= at; start++) if (this.#starts.has(startAt(bytes, start))) return true
    return false
  }

  #learn(): void {
    const { deals } = this.#context.vaults
    for (; this.#deals < deals.length; this.#deals++) {
      for (const ofMember of deals[this.#deals]?.shares.values() ?? []) {
        for (const share of ofMember.values()) {
          this.#starts.add(startAt(share, 0))
          for (let at = 0; at < STRIDE; at++) this.#perhaps[pairAt(share, at)] = 1
          this.#texts.add(toHex(share.subarray(0, START_BYTES)))
        }
      }
    }
  }
}

function pairAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

function startAt(bytes: Uint8Array, at: number): number {
  let word = 0
  for (let i = 0; i < START_BYTES; i++) word = word * 256 + (bytes[at + i] ?? 0)
  return word
}
