/** Members, frames and tells in words. */
import { type ImmediateEffect, type MemberKind, decodeBody, decodeFrame, decodeHeader, isMemberKind } from '../../src/index.ts'

/** Kinds that are sent all the time, where nothing is amiss. */
const ROUTINE: ReadonlySet<string> = new Set(['heartbeat', 'pull', 'answered', 'block-proof', 'headers', 'headers-wanted'])

/** What a frame says; null for what is of the routine. */
export function describeFrame(from: number, bytes: Uint8Array): string | null {
  const head = decodeHeader(decodeFrame(bytes).signed)
  if (!isMemberKind(head.kind) || ROUTINE.has(head.kind)) return null
  const by = head.from === from ? '' : ` of ${head.from}`
  return `${head.kind}${by}${describeBody(head.kind, head.body)}`
}

/** `1-5`, `1 3`; with how often, where somebody said it more than once. */
export function membersInWords(members: readonly number[]): string {
  const distinct = [...new Set(members)].toSorted((a, b) => a - b)
  const isRun = distinct.length > 2 && distinct.every((member, at) => member === (distinct[0] ?? 0) + at)
  const who = isRun ? `${distinct[0]}-${distinct.at(-1)}` : distinct.join(' ')
  return members.length === distinct.length ? `${who}:` : `${who} (${members.length} times):`
}

function describeBody(kind: MemberKind, bytes: Uint8Array): string {
  switch (kind) {
    case 'vote': {
      const { incident_id, anchor_height } = decodeBody(kind, bytes)
      return `: ${incident_id} at ${anchor_height}`
    }
    case 'release': {
      const { incident_id, envelope_id } = decodeBody(kind, bytes)
      return `: ${envelope_id} for ${incident_id}`
    }
    case 'receipt': {
      const body = decodeBody(kind, bytes)
      return `: ${body.statement} ${body.statement === 'holds' ? body.manifest_hash : body.statement === 'broadcast' ? body.txid : body.vault_id}`
    }
    case 'certificate':
      return `: ${decodeBody(kind, bytes).incident_id}`
    case 'command':
      return `: of ${decodeBody(kind, bytes).vault_id}`
    case 'evidence': {
      const { member, conflict } = decodeBody(kind, bytes)
      return `: against ${member}, one ${conflict}`
    }
    default:
      return ''
  }
}

export function describeTell({ event, ...about }: Extract<ImmediateEffect, { effect: 'tell' }>['tell']): string {
  const { member, incident_id, vault_id, txid, envelope_id, manifest_hash, detail } = about
  const words = [
    incident_id ?? vault_id ?? manifest_hash,
    envelope_id,
    txid,
    member === undefined ? undefined : `member ${member}`,
    detail === undefined ? undefined : `(${detail})`,
  ]
  return [event, ...words.filter((word) => word !== undefined)].join(' ')
}
