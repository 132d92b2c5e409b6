/** Lying in others' business: shares that nobody asked for, and certificates of whatever votes can be found. */
import { NO_DISCRIMINATOR, ACTION_OF, decodeFrame, decodeHeader, encodeFrame, incidentIdOf, taggedHash, withoutAttachment } from '@belfry/protocol'
import { type EnvelopeId, type Hash32, toHex } from '@belfry/protocol/primitives'
import type { Strategy } from './strategy.ts'
import type { Tools } from './tools.ts'

const SEALED_BYTES = 81
/** In a certificate. */
const MAX_VOTE_FRAME_BYTES = 700

/** Hands out shares before anything has happened, so that the true ones find no room or no hearing. */
export const earlyShares: Strategy = {
  name: 'early-shares',
  act(tools) {
    const { vaults, random, hasher } = tools
    const deal = vaults.deals.at(-1)
    if (!deal) return
    for (const trigger of ['theft', 'cold-theft'] as const) {
      const incident_id = incidentIdOf(hasher, deal.manifest.vault_id, trigger)
      for (const to of tools.others) {
        const envelope_id: EnvelopeId = random.pick([...deal.recoveries.keys()])
        const attachment = random.bytes(SEALED_BYTES)
        const sealed_hash = toHex(taggedHash(hasher, 'sealed', attachment)) as Hash32
        const body = { incident_id, manifest_hash: deal.hash, envelope_id, to, sealed_hash }
        tools.send(to, tools.sign('release', body, { attachment }))
      }
    }
  },
}

/** A certificate of the votes that it has seen, however old, and of none. */
export const falseCertificates: Strategy = {
  name: 'false-certificates',
  act(tools) {
    const deal = tools.vaults.deals.at(-1)
    if (!deal) return
    const { vault_id } = deal.manifest
    const trigger = tools.random.pick(['theft', 'cold-theft'] as const)
    const incident_id = incidentIdOf(tools.hasher, vault_id, trigger)
    const votes = tools.random.sample(capturedVotes(tools), tools.random.int(2, tools.others.length))
    if (votes.length < 2) return
    tools.gossip(tools.sign('certificate', { vault_id, trigger, discriminator: NO_DISCRIMINATOR, incident_id, action: ACTION_OF[trigger], votes }))
  },
}

function capturedVotes({ captured }: Tools): Uint8Array[] {
  return captured.flatMap((bytes) => {
    const known = VOTES.get(bytes) ?? voteIn(bytes)
    VOTES.set(bytes, known)
    return known
  })
}

/** What was captured is looked through again and again. */
const VOTES = new WeakMap<Uint8Array, readonly Uint8Array[]>()

function voteIn(bytes: Uint8Array): readonly Uint8Array[] {
  try {
    const frame = decodeFrame(bytes)
    const vote = encodeFrame(withoutAttachment(frame))
    // Another liar may have called something longer a vote.
    return decodeHeader(frame.signed).kind === 'vote' && vote.length <= MAX_VOTE_FRAME_BYTES ? [vote] : []
  } catch {
    // Another liar's garbage.
    return []
  }
}
