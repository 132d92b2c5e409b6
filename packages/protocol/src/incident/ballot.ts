/** Votes and certificates of other members. */
import { noticeSecondMessage } from '../evidence/equivocation.ts'
import { onOwnMessage } from '../guard/quarantine.ts'
import { type Frame, type Header, encodeFrame, withoutAttachment } from '../messages/frame.ts'
import type { Certificate } from '../messages/certificate.ts'
import { type VerdictCode, verdictOf } from '../messages/verdict.ts'
import { type InnerFrame, openInner } from '../messages/verified.ts'
import { ACTION_OF, type Vote, witnessId } from '../messages/vote.ts'
import { commandShown, offerCommand } from '../owner/taking.ts'
import { type Hash32, type MemberIndex, equalBytes, toHex } from '../primitives/index.ts'
import type { Outcome } from '../core/input.ts'
import type { Incident, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { commandBehind, isCommanded } from './cause.ts'
import { certificateTold } from './certificate.ts'
import { incidentId } from './identity.ts'
import { advance, advanceVault, openIncident, openStanding } from './machine.ts'
import { depositCoin, standingTrigger } from './trigger.ts'
import { CERTIFICATE_WINDOW, VOTE_RENEWAL } from './votes.ts'

/**
 * Votes as far as two days from my tip are not kept. Above, they could not count until I had caught up, and they come
 * again by Pull; below, they never count, and a liar could write as many as there are blocks.
 */
const MAX_ANCHOR_DISTANCE = 288
const COMMAND_HASH_BYTES = 32

export function onVote(turn: Turn, from: MemberIndex, vote: Vote, frame: Frame): VerdictCode {
  const code = holdVote(turn, from, vote, frame)
  const vault = turn.durable.vaults.get(vote.vault_id)
  const incident = turn.incident(vote.incident_id)
  if (!vault || !incident) return code
  // A certificate may have brought the vote before, or a forwarder without its transaction: that is still worth a look.
  if (code === 'accepted' || isHeld(incident, from, frame)) askMyBitcoind(turn, from, vote, vault, frame)
  if (code === 'accepted') advance(turn, vote.incident_id, vault, incident)
  return code
}

function isHeld(incident: Incident, from: MemberIndex, frame: Frame): boolean {
  const held = incident.votes.get(from)
  if (!held || frame.attachment === null) return false
  return equalBytes(held.frame, encodeFrame(withoutAttachment(frame)))
}

/** Checks a vote whose signature holds, and keeps it if it renews what that member said before. */
function holdVote(turn: Turn, from: MemberIndex, vote: Vote, frame: Frame): VerdictCode {
  const { vault_id, incident_id, anchor_height } = vote
  if (!isConsistent(turn, vote)) return 'wrong-incident'
  if (frame.attachment !== null && !isBound(turn, vote, frame.attachment)) return 'bad-attachment'
  const vault = turn.durable.vaults.get(vault_id)
  if (!vault) {
    turn.volatile.elsewhere.set(incident_id, true)
    return 'unknown-vault'
  }
  const unordered = orderCode(turn, vote, vault, frame.attachment)
  if (unordered !== null) return unordered
  if (Math.abs(anchor_height - turn.tip) > MAX_ANCHOR_DISTANCE) return 'anchor-out-of-window'
  const before = turn.incident(incident_id)
  if (before?.settled) return 'incident-settled'
  const last = before?.votes.get(from)
  // Nobody honest renews sooner.
  if (last && anchor_height < last.anchor_height + VOTE_RENEWAL) return 'not-renewing'
  if (!openIncident(turn, incident_id, vote)) return 'incidents-full'
  const held = encodeFrame(withoutAttachment(frame))
  turn.record({ record: 'vote-held', incident_id, member: from, anchor_height, frame: held })
  if (!last) turn.note(incident_id, 'vote-received', { member: from })
  turn.tell({ level: 'info', event: 'vote-held', incident_id, member: from, height: anchor_height })
  return 'accepted'
}

type Claim = Pick<Vote, 'vault_id' | 'trigger' | 'discriminator' | 'incident_id' | 'action'>

function isConsistent(turn: Turn, { vault_id, trigger, discriminator, incident_id, action }: Claim): boolean {
  if (action !== ACTION_OF[trigger] || discriminator.length !== (isCommanded(trigger) ? COMMAND_HASH_BYTES : 0)) return false
  return incident_id === incidentId(turn, vault_id, trigger, discriminator)
}

function isBound(turn: Turn, { witness_txid }: Vote, raw: Uint8Array): boolean {
  return witnessId(turn.ports, raw) === witness_txid
}

/** What an order calls for has votes only once I took the order. A vote may bring it. */
function orderCode(turn: Turn, vote: Vote, vault: Vault, raw: Uint8Array | null): VerdictCode | null {
  if (!isCommanded(vote.trigger)) return null
  const shown = raw && commandShown(turn, toHex(vote.discriminator) as Hash32, raw)
  // Looked at also where I have the order: what I pass on, nobody may have cause to reject.
  if (typeof shown === 'string') return shown
  if (shown && commandBehind(vault, vote) === null) offerCommand(turn, shown, null)
  return commandBehind(vault, vote) === null ? 'unknown-command' : null
}

/**
 * Relay between bitcoinds takes seconds: where I have not seen what a member saw, I ask my own bitcoind whether the
 * transaction is a valid spend of the deposit. Once for each of my tips: it may have been behind, or down.
 */
function askMyBitcoind(turn: Turn, from: MemberIndex, vote: Vote, vault: Vault, frame: Frame): void {
  if (isCommanded(vote.trigger)) return
  if (standingTrigger(vault, vote.trigger) !== null) return
  if (depositCoin(vault).confirmed !== null || frame.attachment === null || vote.witness_txid === null) {
    tellUnfounded(turn, from, vote)
    return
  }
  const asked = `${vote.incident_id}/${vote.witness_txid}`
  if (turn.volatile.sightings.get(asked) === turn.tip) return
  turn.volatile.sightings.set(asked, turn.tip)
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
  // It is what it is, whatever the vote that it came with called it.
  openStanding(turn, incident.vault_id, vault)
  advanceVault(turn, incident.vault_id, vault)
}

const MAY_COUNT_LATER: ReadonlySet<VerdictCode> = new Set(['unknown-command', 'anchor-out-of-window', 'incidents-full'])

/** A certificate is worth the votes in it: each is checked and kept like one that came alone. */
export function onCertificate(turn: Turn, certificate: Certificate): VerdictCode {
  const { vault_id, incident_id, action } = certificate
  if (!isConsistent(turn, certificate)) return 'wrong-incident'
  if (certificate.votes.length < turn.config.federation.thresholds[action].q) return 'too-few-votes'
  // Before 64 signatures are looked at.
  if (!turn.durable.vaults.has(vault_id)) return 'unknown-vault'
  if (turn.incident(incident_id)?.settled) return 'incident-settled'
  const opened = openVotes(turn, certificate)
  if (typeof opened === 'string') return opened
  const codes = opened.map(({ head, body, frame }) => {
    if (head.from === turn.config.self) {
      onOwnMessage(turn, head, frame)
      return 'own-message'
    }
    noticeSecondMessage(turn, head, frame)
    return holdVote(turn, head.from, body, frame)
  })
  // What is only stale or out of my window costs nothing; what is wrong in itself condemns the certificate.
  const wrong = codes.find((code) => verdictOf(code) === 'reject')
  if (wrong !== undefined) return wrong
  certificateTold(turn, incident_id)
  // Unless a vote counts once I know more, or have caught up: then the certificate may come again.
  if (!codes.includes('accepted')) return codes.find((code) => MAY_COUNT_LATER.has(code)) ?? 'nothing-new'
  const vault = turn.durable.vaults.get(vault_id)
  const incident = turn.incident(incident_id)
  if (vault && incident) advance(turn, incident_id, vault, incident)
  return 'accepted'
}

/** The votes of a certificate, each by another member and within one window; a code where they are not. */
function openVotes(turn: Turn, { incident_id, votes }: Certificate): readonly InnerFrame<'vote'>[] | VerdictCode {
  const opened: InnerFrame<'vote'>[] = []
  const voters = new Set<MemberIndex>()
  for (const bytes of votes) {
    const isWanted = (vote: Vote, { from }: Header): boolean => vote.incident_id === incident_id && !voters.has(from)
    const one = openInner(turn, 'vote', bytes, isWanted)
    // The first fault ends it, for whoever sends one may send 64.
    if (typeof one === 'string') return one
    opened.push(one)
    voters.add(one.head.from)
  }
  const anchors = opened.map(({ body }) => body.anchor_height)
  return Math.max(...anchors) - Math.min(...anchors) > CERTIFICATE_WINDOW ? 'votes-apart' : opened
}
