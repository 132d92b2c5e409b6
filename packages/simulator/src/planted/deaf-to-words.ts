import { type BelfryCore, decodeBody, decodeFrame, decodeHeader } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

export const deafToWords: PlantedBug = {
  name: 'deaf-to-words',
  what: 'a member does not hear that others took a generation back, or let it be',
  caught_by: ['generations'],
  within_seeds: 32,
  shown_in: ({ swarm, story, is_overrun }) => swarm['late-cancels'] && story === 'theft' && !is_overrun,
  core: (core): BelfryCore => ({
    ...core,
    step: (state, input) => core.step(state, input.kind === 'frame' && isWord(input.bytes) ? { kind: 'tick', at_ms: input.at_ms } : input),
  }),
}

function isWord(bytes: Uint8Array): boolean {
  try {
    const { kind, body } = decodeHeader(decodeFrame(bytes).signed)
    if (kind !== 'receipt') return false
    const { statement } = decodeBody('receipt', body)
    return statement === 'taken-back' || statement === 'let-be'
  } catch {
    return false
  }
}
