import { type BelfryCore, type Input, type Output, decodeFrame, decodeHeader } from '@belfry/protocol'
import { preempt } from '../adversary/accusations.ts'
import { type PlantedBug, withLiar } from './planted-bug.ts'

export const seenBeforeSignature: PlantedBug = {
  name: 'seen-before-signature',
  what: 'a message is taken for one seen before by its sender and number, before anybody looked at the signature',
  caught_by: ['S9'],
  within_seeds: 8,
  shown_in: withLiar(preempt),
  core: (core): BelfryCore => {
    const seen = new Set<string>()
    return {
      ...core,
      step(state, input) {
        const number = input.kind === 'frame' ? numberOf(input.bytes) : null
        if (number === null) return core.step(state, input)
        if (seen.has(number)) return asDuplicate(core.step(state, { kind: 'tick', at_ms: input.at_ms }), input)
        seen.add(number)
        return core.step(state, input)
      },
    }
  },
}

/** Of votes alone; null for all else, and for what cannot be read. */
function numberOf(bytes: Uint8Array): string | null {
  try {
    const { kind, from, boot, seq } = decodeHeader(decodeFrame(bytes).signed)
    return kind === 'vote' ? `${from}/${boot}/${seq}` : null
  } catch {
    return null
  }
}

function asDuplicate(output: Output, input: Input): Output {
  if (input.kind !== 'frame') return output
  const { token, peer } = input
  return { ...output, immediate: [...output.immediate, { effect: 'verdict', token, peer, verdict: 'ignore', code: 'duplicate', kind: 'vote' }] }
}
