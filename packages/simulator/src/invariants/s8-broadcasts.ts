import { type DurableEffect, type ImmediateEffect, SHARE_BYTES } from '@belfry/protocol'
import { utf8 } from '@belfry/protocol/primitives'
import type { Context, Invariant } from './invariant.ts'
import { placeOf } from './ladder.ts'

export const S8: Invariant = {
  name: 'S8',
  sentence:
    'each broadcast is a manifest txid, an A whose vault input and outputs match, a P child, or U as seen; share bytes ' +
    'appear in no gossip, log, metric or evidence',
  watch: (context) => {
    const shares = new ShareFinder()
    return {
      onLeaving(member, effect) {
        if (!context.isHonest(member.index)) return
        if (effect.effect === 'broadcast') checkBroadcast(context, member.index, effect)
        if (effect.effect === 'gossip' && shares.isIn(context, effect.bytes)) {
          context.fail('a share went out by gossip', member.index)
        }
      },
      onImmediate(member, effect: ImmediateEffect) {
        if (effect.effect !== 'tell' || effect.tell.detail === undefined) return
        if (shares.isIn(context, utf8(effect.tell.detail))) context.fail('a share was told', member.index)
      },
    }
  },
}

function checkBroadcast(
  context: Context,
  member: Parameters<Context['told']['spendOf']>[0],
  { envelope_id, txid, parent }: Extract<DurableEffect, { effect: 'broadcast' }>,
): void {
  const place = placeOf(context.vaults, envelope_id)
  if (place?.ladder[place.rung]?.txid !== txid) {
    context.fail('a transaction was submitted that is not what its envelope holds', member)
    return
  }
  if (parent === null) return
  const tx = context.vaults.txOf(parent)
  if (tx === null || tx.txid !== place.unvault?.txid) context.fail('a parent was submitted that is no unvault of the rung', member)
}

/** Looks for the bytes of any share: four bytes at a time first, the whole where they are found. */
class ShareFinder {
  readonly #starts = new Set<number>()
  #deals = 0

  isIn(context: Context, bytes: Uint8Array): boolean {
    this.#learn(context)
    for (let at = 0; at + SHARE_BYTES <= bytes.length; at++) {
      if (this.#starts.has(wordAt(bytes, at))) return true
    }
    return false
  }

  #learn({ vaults }: Context): void {
    for (const { shares } of vaults.deals.slice(this.#deals)) {
      for (const ofMember of shares.values()) for (const share of ofMember.values()) this.#starts.add(wordAt(share, 0))
    }
    this.#deals = vaults.deals.length
  }
}

/** Six bytes: by chance alone they meet once in some 10^12 places. */
function wordAt(bytes: Uint8Array, at: number): number {
  let word = 0
  for (let i = 0; i < 6; i++) word = word * 256 + (bytes[at + i] ?? 0)
  return word
}
