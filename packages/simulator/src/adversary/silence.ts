/** Lying by leaving out. */
import { type DurableEffect, decodeBody, decodeFrame, decodeHeader } from '@belfry/protocol'
import type { Height } from '@belfry/protocol/primitives'
import type { Strategy } from './strategy.ts'

/** As if it were down, but it listens. */
export const silent: Strategy = { name: 'silent', leaving: () => [], passesOn: () => false }

/** Seems well, and neither votes nor releases. */
export const withhold: Strategy = {
  name: 'withhold',
  leaving: (effect) => (['vote', 'certificate', 'release'].includes(kindOf(effect)) ? [] : null),
  passesOn: ({ random }) => random.chance(0.5),
}

/** Takes every share and sends no transaction. */
export const hoard: Strategy = {
  name: 'hoard',
  leaving: (effect) => (isSubmission(effect) || kindOf(effect) === 'receipt' ? [] : null),
}

/** Says that it has sent what it has not. */
export const boast: Strategy = {
  name: 'boast',
  leaving: (effect) => (isSubmission(effect) ? [] : null),
  act(tools) {
    const deal = tools.vaults.deals.at(-1)
    const incident = [...(tools.member.state?.durable.incidents ?? [])].at(-1)
    const tx = deal && [...deal.recoveries.values()].at(-1)
    if (!deal || !tx || !incident) return
    const { vault_id } = deal.manifest
    const height = tools.tip as Height
    tools.gossip(tools.sign('receipt', { statement: 'broadcast', vault_id, incident_id: incident[0], txid: tx.txid, height }))
  },
}

function isSubmission({ effect }: DurableEffect): boolean {
  return effect === 'broadcast' || effect === 'bump'
}

function kindOf(effect: DurableEffect): string {
  if (effect.effect !== 'gossip' && effect.effect !== 'send') return effect.effect
  const { kind, body } = decodeHeader(decodeFrame(effect.bytes).signed)
  // Its word that it holds a share, it gives: without it nobody would enrol there.
  if (kind === 'receipt' && decodeBody('receipt', body).statement === 'holds') return 'holds'
  return kind
}
