import { type DurableEffect, decodeFrame, decodeHeader, encodeFrame, signFrame } from '@belfry/protocol'
import type { Millis } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { PlantedBug } from './planted-bug.ts'

export const signsAgain: PlantedBug = {
  name: 'signs-again',
  what: 'a vote that is sent again is signed again, at the time that it is by then',
  caught_by: ['S3'],
  within_seeds: 16,
  core: (core, member) => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      return { ...output, afterDurable: output.afterDurable.map((effect) => afresh(effect, member, input.at_ms)) }
    },
  }),
}

function afresh(effect: DurableEffect, { index, options, ports }: SimMember, sent_at: Millis): DurableEffect {
  if (effect.effect !== 'gossip' && effect.effect !== 'send') return effect
  const { signed, attachment } = decodeFrame(effect.bytes)
  const head = decodeHeader(signed)
  if (head.kind !== 'vote' || head.from !== index) return effect
  const frame = signFrame(ports, options.config.federation.lock_hash, { ...head, sent_at }, attachment)
  return { ...effect, bytes: encodeFrame(frame) }
}
