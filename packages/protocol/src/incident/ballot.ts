/** Votes and certificates of other members. */
import { type Frame, type Header, decodeFrame, decodeHeader, encodeFrame, withoutAttachment } from '../messages/frame.ts'
import { decodeBody } from '../messages/kinds.ts'
import type { Certificate } from '../messages/certificate.ts'
import { type VerdictCode, verdictOf } from '../messages/verdict.ts'
import { isSignatureValid } from '../messages/verified.ts'
import { ACTION_OF, type Vote } from '../messages/vote.ts'
import { type MemberIndex, SchemaError, toHex } from '../primitives/index.ts'
import type { Outcome } from '../core/input.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { incidentIdOf } from './identity.ts'
import { advance, openIncident } from './machine.ts'
import { depositCoin, standingTrigger } from './trigger.ts'

/** Votes far above my tip are not kept: they could not count until I had caught up, and they come again by Pull. */
const MAX_ANCHOR_LEAD = 288

export function onVote(turn: Turn, from: MemberIndex, vote: Vote, frame: Frame): VerdictCode {
  const code = holdVote(turn, from, vote, frame)
  if (code !== 'accepted') return code
  const vault = turn.durable.vaults.get(vote.vault_id)
  const incident = turn.incident(vote.incident_id)
  if (!vault || !incident) return 'room-exhausted'
  askMyBitcoind(turn, from, vote, vault, frame)
  advance(turn, vote.incident_id, vault, incident)
  return 'accepted'
}

/** Checks a vote whose signature holds, and keeps it if it is newer than what that member said before. */
function holdVote(turn: Turn, from: MemberIndex, vote: Vote, frame: Frame): VerdictCode {
  const { vault_id, trigger, incident_id, action, anchor_height } = vote
  if (action !== ACTION_OF[trigger] || incident_id !== incidentIdOf(turn.ports, vault_id, trigger)) return 'bad-content'
  if (frame.attachment !== null && !isBound(turn, vote, frame.attachment)) return 'bad-attachment'
  const vault = turn.durable.vaults.get(vault_id)
  if (!vault) return 'unknown-vault'
  if (anchor_height > turn.tip + MAX_ANCHOR_LEAD) return 'anchor-out-of-window'
  const before = turn.incident(incident_id)
  if (before?.settled) return 'vault-settled'
  const last = before?.votes.get(from)
  if (last && last.anchor_height >= anchor_height) return 'stale'
  if (!openIncident(turn, incident_id, vault_id, trigger)) return 'room-exhausted'
  turn.record({ record: 'vote-held', incident_id, member: from, anchor_height, frame: encodeFrame(withoutAttachment(frame)) })
  turn.note(incident_id, 'vote-received', { member: from })
  turn.tell({ level: 'info', event: 'vote-held', incident_id, member: from, height: anchor_height })
  return 'accepted'
}

/** The attachment's double SHA-256 is the witness txid that was signed (BIP-141). */
function isBound(turn: Turn, { witness_txid }: Vote, raw: Uint8Array): boolean {
  return toHex(turn.ports.sha256(turn.ports.sha256(raw)).toReversed()) === witness_txid
}

/**
 * Relay between bitcoinds takes seconds: where I have not seen what a member saw, I ask my own bitcoind whether the
 * transaction is a valid spend of the deposit.
 */
function askMyBitcoind(turn: Turn, from: MemberIndex, vote: Vote, vault: Vault, frame: Frame): void {
  if (standingTrigger(vault, vote.trigger) !== null) return
  if (depositCoin(vault).confirmed !== null || frame.attachment === null || vote.witness_txid === null) {
    tellUnfounded(turn, from, vote)
    return
  }
  const asked = `${vote.incident_id}/${vote.witness_txid}`
  if (turn.volatile.sightings.has(asked)) return
  turn.volatile.sightings.set(asked, true)
  turn.now({
    effect: 'test-sighting',
    incident_id: vote.incident_id,
    member: from,
    raw: frame.attachment,
    outpoints: [vault.deposit],
  })
}

/** Named, not convicted: the member may know of a block or transaction that has not reached me. */
function tellUnfounded(turn: Turn, member: MemberIndex, { vault_id, incident_id }: Pick<Vote, 'vault_id' | 'incident_id'>): void {
  turn.tell({ level: 'warn', event: 'unfounded-vote', vault_id, incident_id, member })
}

export function onSighting(turn: Turn, outcome: Extract<Outcome, { of: 'test-sighting' }>): void {
  const { incident_id, member, sighted } = outcome
  const incident = turn.incident(incident_id)
  const vault = incident && turn.durable.vaults.get(incident.vault_id)
  if (!incident || !vault) return
  if (sighted === null) {
    if (standingTrigger(vault, incident.trigger) === null) {
      tellUnfounded(turn, member, { vault_id: incident.vault_id, incident_id })
    }
    return
  }
  const { outpoint, tx } = sighted
  const coin = vault.coins.get(outpoint)
  if (!coin || coin.mempool !== null || coin.confirmed !== null || coin.offered?.txid === tx.txid) return
  turn.record({ record: 'trigger-offered', vault_id: incident.vault_id, outpoint, tx })
  turn.note(incident_id, 'trigger-offered', { txid: tx.txid, member })
  advance(turn, incident_id, vault, incident)
}

/** A certificate is worth the votes in it: each is checked and kept like one that came alone. */
export function onCertificate(turn: Turn, certificate: Certificate): VerdictCode {
  const { vault_id, trigger, incident_id, action } = certificate
  if (action !== ACTION_OF[trigger] || incident_id !== incidentIdOf(turn.ports, vault_id, trigger)) return 'bad-content'
  const votes = certificate.votes.map((bytes) => openVote(turn, certificate, bytes))
  const voters = new Set(votes.map((one) => one?.head.from))
  const enough = turn.config.federation.thresholds[action].q
  if (votes.includes(null) || voters.size !== votes.length || votes.length < enough) return 'bad-content'
  if (!turn.durable.vaults.has(vault_id)) return 'unknown-vault'
  for (const one of votes) {
    if (one === null || one.head.from === turn.config.self) continue
    const code = holdVote(turn, one.head.from, one.vote, one.frame)
    // What is only stale or out of my window costs nothing; what is wrong in itself condemns the certificate.
    if (verdictOf(code) === 'reject') return code
  }
  const vault = turn.durable.vaults.get(vault_id)
  const incident = turn.incident(incident_id)
  if (vault && incident && incident.settled === null) advance(turn, incident_id, vault, incident)
  return 'accepted'
}

/** A vote inside a certificate; null where it is none, of another incident, or its signature does not hold. */
function openVote(turn: Turn, { incident_id }: Certificate, bytes: Uint8Array): { head: Header; vote: Vote; frame: Frame } | null {
  const { federation } = turn.config
  try {
    const frame = decodeFrame(bytes)
    const head = decodeHeader(frame.signed)
    const member = federation.members.find(({ index }) => index === head.from)
    if (head.kind !== 'vote' || frame.attachment !== null || !member || member.peer_id !== head.peer_id) return null
    const vote = decodeBody('vote', head.body)
    if (vote.incident_id !== incident_id) return null
    if (!isSignatureValid(turn, member.node_key, frame)) return null
    return { head, vote, frame }
  } catch (error) {
    if (error instanceof SchemaError) return null
    throw error
  }
}
