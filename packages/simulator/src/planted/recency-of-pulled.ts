import { ANCHOR_DEPTH, type BelfryCore, COMMAND_RECENCY, decodeCommand, decodeFrame, decodeHeader, decodeSignedCommand } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

const LONG_WINDOW = 24

export const recencyOfPulled: PlantedBug = {
  name: 'recency-of-pulled',
  what: 'an order that others took in time is refused for its age by who hears of it late',
  caught_by: ['orders'],
  within_seeds: 40,
  // In a short window no order grows old before the run ends, and but for a siege that parts members all hear of it in time.
  shown_in: ({ deal, swarm, story, siege }) => swarm.revocations && story === 'theft' && siege === 'apart' && deal.csv >= LONG_WINDOW,
  core: (core): BelfryCore => ({
    ...core,
    step(state, input) {
      const anchor = input.kind === 'frame' ? anchorOf(input.bytes) : null
      const tip = state.durable.position?.height ?? 0
      const isOld = anchor !== null && tip - ANCHOR_DEPTH - anchor > COMMAND_RECENCY
      return core.step(state, isOld ? { kind: 'tick', at_ms: input.at_ms } : input)
    },
  }),
}

/** Null for what brings no order. */
function anchorOf(bytes: Uint8Array): number | null {
  try {
    const { signed, attachment } = decodeFrame(bytes)
    if (attachment === null || decodeHeader(signed).kind !== 'command') return null
    return decodeCommand(decodeSignedCommand(attachment).bytes).anchor.height
  } catch {
    return null
  }
}
