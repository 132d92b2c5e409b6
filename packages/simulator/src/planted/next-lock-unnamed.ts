import { type BelfryCore, type DurableEffect, decodeBody, decodeFrame, decodeHeader, encodeBody, encodeFrame, signFrame } from '@belfry/protocol'
import type { SimMember } from '../member/index.ts'
import { changeOf } from '../run/succession.ts'
import type { PlantedBug } from './planted-bug.ts'

export const nextLockUnnamed: PlantedBug = {
  name: 'next-lock-unnamed',
  what: 'a member that serves a next lock does not say so in its heartbeats',
  caught_by: ['L3'],
  within_seeds: 4,
  shown_in: (plan) => changeOf(plan) !== null,
  core: (core, member): BelfryCore => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      return { ...output, afterDurable: output.afterDurable.map((effect) => withoutNext(effect, member)) }
    },
  }),
}

function withoutNext(effect: DurableEffect, { index, options, ports }: SimMember): DurableEffect {
  if (effect.effect !== 'gossip') return effect
  const { signed, attachment } = decodeFrame(effect.bytes)
  const head = decodeHeader(signed)
  if (head.kind !== 'heartbeat' || head.from !== index) return effect
  const body = encodeBody('heartbeat', { ...decodeBody('heartbeat', head.body), next_lock: null })
  const frame = signFrame(ports, options.config.federation.lock_hash, { ...head, body }, attachment)
  return { ...effect, bytes: encodeFrame(frame) }
}
