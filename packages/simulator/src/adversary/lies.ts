/** Lying by saying what is not so, under its own good signature. */
import { NO_DISCRIMINATOR, ACTION_OF, type BodyOf, type Trigger, incidentIdOf, manifestHash } from '@belfry/protocol'
import { type Hash32, type Height, type Txid, toHex } from '@belfry/protocol/primitives'
import type { Strategy } from './strategy.ts'
import type { Tools } from './tools.ts'

function falseVote(tools: Tools, trigger: Trigger, anchor: number, over: { seq?: number } = {}): Uint8Array | null {
  const deal = tools.vaults.deals.at(-1)
  if (deal === undefined) return null
  const { vault_id } = deal.manifest
  const incident_id = incidentIdOf(tools.hasher, vault_id, trigger)
  const action = ACTION_OF[trigger]
  const anchor_height = Math.max(0, anchor) as Height
  // Bound as it must be. Either no transaction of this world, or the true unvault, from a thief who keeps it back.
  const raw = tools.random.chance(0.5) ? tools.random.bytes(60) : tools.random.pick(deal.unvaults).spend.raw
  const witness_txid = toHex(tools.hasher.sha256(tools.hasher.sha256(raw)).toReversed()) as Txid
  const body = { vault_id, trigger, discriminator: NO_DISCRIMINATOR, incident_id, action, anchor_height, witness_txid }
  return tools.sign('vote', body, { ...over, ...(tools.random.chance(0.5) ? { attachment: raw } : {}) })
}

/** Votes for a theft that nobody saw, now, long ago and in the future. */
export const falseVotes: Strategy = {
  name: 'false-votes',
  act(tools) {
    for (const trigger of ['theft', 'cold-theft'] as const) {
      const vote = falseVote(tools, trigger, tools.tip + tools.random.int(-30, 8))
      if (vote) tools.gossip(vote)
    }
  },
}

/** Signs one number twice, and shows each half of the others one of the two. */
export const equivocate: Strategy = {
  name: 'equivocate',
  act(tools) {
    const seq = tools.nextSeq()
    for (const to of tools.others) {
      const vote = falseVote(tools, 'theft', tools.tip + (to % 2), { seq })
      if (vote) tools.send(to, vote)
    }
    tools.gossip(heartbeat(tools, seq))
  },
}

/** Hands out shares that are none. */
export const badShares: Strategy = {
  name: 'bad-shares',
  distort: (share, { random }) => {
    const at = random.int(0, share.length - 1)
    return share.map((byte, index) => (index === at ? byte ^ 1 : byte))
  },
}

/** Says that it is elsewhere, and has what nobody has: everybody asks it, and gets nothing. */
export const misreport: Strategy = {
  name: 'misreport',
  act(tools) {
    tools.gossip(heartbeat(tools, tools.nextSeq()))
    const deal = tools.vaults.deals.at(-1)
    if (!deal) return
    const { vault_id, generation } = deal.manifest
    const manifest_hash = tools.random.chance(0.5) ? deal.hash : manifestHash(tools.hasher, tools.random.bytes(32))
    tools.gossip(tools.sign('receipt', { statement: 'holds', vault_id, generation, manifest_hash }))
  },
}

export function heartbeat(tools: Tools, seq: number, change: Partial<BodyOf<'heartbeat'>> = {}): Uint8Array {
  const { random } = tools
  const digest = (): Hash32 => toHex(random.bytes(32)) as Hash32
  const incidents = [...(tools.member.state?.durable.incidents.keys() ?? [])]
  return tools.sign(
    'heartbeat',
    {
      tip: null,
      chain: 'ok',
      implementation: 'none',
      software: 'belfry/9.9.9',
      hash_6: null,
      standing: 'serving',
      next_lock: null,
      silent: [],
      ledger_entries: 0,
      guarded_root: digest(),
      evidence_digest: digest(),
      custody_digest: digest(), owner_messages: [],
      incidents: incidents.map((incident_id) => ({ incident_id, digest: digest() })),
      ...change,
    },
    { seq },
  )
}

