/** The signed statements behind an incident, each checked against the lock where one is at hand. */
import { type Federation, type Statement, readStatement } from '@belfry/client'
import type { IncidentView } from '@belfry/node'
import { type JsonObject, type Style, utc } from '../../output/index.ts'

export interface Proof {
  readonly kind: 'vote' | 'broadcast'
  readonly member: { readonly index: number; readonly name: string }
  /** What was said, apart from who said it. */
  readonly claim: string
  /** The signed message, hex. */
  readonly frame: string
  /** null where there is no lock to check it against. */
  readonly valid: boolean | null
  readonly message_hash: string | null
  readonly signed_at: string | null
}

export function proofsOf(incident: IncidentView, federation: Federation | null): Proof[] {
  const votes = incident.votes_held.map(({ member, anchor_height, frame }) => {
    const fits = ({ from, said }: Statement): boolean =>
      from === member.index &&
      said.kind === 'vote' &&
      said.incident_id === incident.incident_id &&
      said.anchor_height === anchor_height
    const claim = `votes for the ${incident.action}, at height ${anchor_height}`
    return proof({ kind: 'vote', member, claim, frame }, federation, fits)
  })
  const broadcasts = incident.broadcast_receipts.map(({ member, txid, height, frame }) => {
    const fits = ({ from, said }: Statement): boolean =>
      from === member.index &&
      said.kind === 'receipt' &&
      said.receipt.statement === 'broadcast' &&
      said.receipt.incident_id === incident.incident_id &&
      said.receipt.txid === txid
    const claim = `says that its bitcoind took ${txid}, at height ${height}`
    return proof({ kind: 'broadcast', member, claim, frame }, federation, fits)
  })
  return [...votes, ...broadcasts]
}

function proof(
  shown: Pick<Proof, 'kind' | 'member' | 'claim' | 'frame'>,
  federation: Federation | null,
  fits: (statement: Statement) => boolean,
): Proof {
  if (federation === null) return { ...shown, valid: null, message_hash: null, signed_at: null }
  const statement = readStatement(federation, shown.frame)
  return {
    ...shown,
    // Signed by that member, and saying what the node says that it says.
    valid: statement !== null && statement.valid && fits(statement),
    message_hash: statement?.message_hash ?? null,
    signed_at: statement === null ? null : new Date(statement.sent_at).toISOString(),
  }
}

export function proofJson({ kind, member, claim, frame, valid, message_hash, signed_at }: Proof): JsonObject {
  return { kind, member: { index: member.index, name: member.name }, claim, frame, valid, message_hash, signed_at }
}

export function proofLines(proofs: readonly Proof[], style: Style): string[] {
  return proofs.flatMap((one) => [
    `  ${one.member.name} (member ${one.member.index}) ${one.claim}`,
    ...(one.valid === null ? [] : [`    ${verdict(one.valid, style)}, ${messageOf(one)}`]),
    style('dim', `    ${one.frame}`),
  ])
}

function messageOf({ message_hash, signed_at }: Proof): string {
  if (message_hash === null || signed_at === null) return 'unreadable'
  return `message ${message_hash}, ${utc(Date.parse(signed_at))}`
}

function verdict(valid: boolean, style: Style): string {
  return valid ? style('green', 'signature valid') : style('red', 'SIGNATURE WRONG')
}
