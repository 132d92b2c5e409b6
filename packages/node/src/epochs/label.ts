import type { Federation } from '@belfry/protocol'

/** One label for one member: its index in the newest epoch or, where it is not in that, its epoch and its index there. */
export function memberLabel(newest: Federation, { epoch, members }: Federation, index: number): string {
  const peer_id = members.find((member) => member.index === index)?.peer_id
  const there = newest.members.find((member) => member.peer_id === peer_id)
  return there ? String(there.index) : `${epoch}/${index}`
}
