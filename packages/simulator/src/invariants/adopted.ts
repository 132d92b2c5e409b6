/**
 * What an operator adopts (protocol.md, "Restart safety"): the quarantine is over with the next start, what was adopted raises no doubt
 * again, and for its slots nothing else is signed. A backup that is put back later ends all that.
 */
import { decodeFrame } from '@belfry/protocol'
import { equalBytes } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant } from './invariant.ts'
import { slotOf } from './slots.ts'

export const ADOPTED: Invariant = {
  name: 'adopted',
  sentence: 'what an operator adopts ends the quarantine, is never doubted again, and never contradicted',
  watch: (context) => ({
    onStarted(member, { quarantine }) {
      const isNext = member.adopted_in_life !== null && member.lives === member.adopted_in_life + 1
      if (isNext && quarantine !== null) context.fail('it is in quarantine still', member.index)
    },
    onStep(member, _input, { records }) {
      if (member.adopted.length === 0 || !context.isHonest(member.index)) return
      for (const record of records) {
        if (record.record !== 'foreign-held' || record.statement === null) continue
        const { signed } = decodeFrame(record.statement.frame)
        if (member.adopted.some(({ frame }) => equalBytes(decodeFrame(frame).signed, signed))) context.fail('it doubts what was adopted', member.index)
      }
    },
    onLeaving(member, effect) {
      if (member.adopted.length === 0 || !context.isHonest(member.index) || member.has_run_twice) return
      if (effect.effect !== 'gossip' && effect.effect !== 'send') return
      const read = context.frames.read(effect.bytes)
      const slot = slotOf(context.frames, read)
      if (read.head.from !== member.index || slot === null) return
      const stands = standsFor(context, member, slot)
      if (stands !== null && !equalBytes(stands, read.frame.signed)) context.fail(`another payload than the adopted one left for ${slot}`, member.index)
    },
  }),
}

function standsFor({ frames }: Context, { adopted }: SimMember, slot: string): Uint8Array | null {
  return adopted.find(({ frame }) => slotOf(frames, frames.read(frame)) === slot)?.stands ?? null
}
