import { type MemberKind, decodeBody } from '@belfry/protocol'
import type { ReadFrame } from './frames.ts'

const SLOTS: Partial<Record<MemberKind, (body: Uint8Array) => string | null>> = {
  vote: (bytes) => {
    const { incident_id, action, anchor_height } = decodeBody('vote', bytes)
    return `vote/${incident_id}/${action}/${anchor_height}`
  },
  release: (bytes) => {
    const { incident_id, envelope_id, to } = decodeBody('release', bytes)
    return `release/${incident_id}/${envelope_id}/${to}`
  },
  receipt: (bytes) => {
    const body = decodeBody('receipt', bytes)
    if (body.statement === 'drill') return `drill/${body.command_hash}`
    if (body.statement === 'destroyed') return `destroyed/${body.vault_id}`
    return body.statement === 'holds' ? `receipt/${body.manifest_hash}` : null
  },
  command: (bytes) => `command/${decodeBody('command', bytes).command_hash}`,
}

/** The sign-once slot of what a message says, from the message alone; null where its kind has none. */
export function slotOf({ kind, head }: ReadFrame): string | null {
  return SLOTS[kind]?.(head.body) ?? null
}
