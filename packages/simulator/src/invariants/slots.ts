import type { MemberKind } from '@belfry/protocol'
import type { FrameReader, ReadFrame } from './frames.ts'

const SLOTS: Partial<Record<MemberKind, (frames: FrameReader, read: ReadFrame) => string | null>> = {
  vote: (frames, read) => {
    const { incident_id, action, anchor_height } = frames.bodyOf('vote', read)
    return `vote/${incident_id}/${action}/${anchor_height}`
  },
  release: (frames, read) => {
    const { incident_id, envelope_id, to } = frames.bodyOf('release', read)
    return `release/${incident_id}/${envelope_id}/${to}`
  },
  receipt: (frames, read) => {
    const body = frames.bodyOf('receipt', read)
    if (body.statement === 'drill') return `drill/${body.command_hash}`
    if (body.statement === 'destroyed') return `destroyed/${body.vault_id}`
    return body.statement === 'holds' ? `receipt/${body.manifest_hash}` : null
  },
  command: (frames, read) => `command/${frames.bodyOf('command', read).command_hash}`,
}

/** The sign-once slot of what a message says, from the message alone; null where its kind has none. */
export function slotOf(frames: FrameReader, read: ReadFrame): string | null {
  return SLOTS[read.kind]?.(frames, read) ?? null
}
