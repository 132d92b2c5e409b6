import { type Vault, decodeFrame } from '@belfry/protocol'
import { type MemberIndex, equalBytes } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant } from './invariant.ts'
import { slotOf } from './slots.ts'

/**
 * Reachable: a peer that has told the member everything since this life began (guard/waiting). What two processes sign that run
 * at one time nobody can keep from conflicting; that they are noticed is another matter.
 */
export const S3: Invariant = {
  name: 'S3',
  sentence:
    'no honest member signs two payloads for one slot, across restarts, unless its disk was rolled back and no reachable ' +
    'peer held the newer message',
  watch: (context) => {
    const signed = new Map<MemberIndex, Map<string, Uint8Array>>()
    return {
      onLeaving(member, effect) {
        if (!context.isHonest(member.index) || member.has_run_twice || (effect.effect !== 'gossip' && effect.effect !== 'send')) return
        const read = context.frames.read(effect.bytes)
        const slot = slotOf(context.frames, read)
        if (read.head.from !== member.index || slot === null) return
        const mine = signed.get(member.index) ?? new Map<string, Uint8Array>()
        signed.set(member.index, mine)
        const before = mine.get(slot)
        if (before === undefined || equalBytes(before, read.frame.signed)) {
          mine.set(slot, read.frame.signed)
          return
        }
        const holder = member.is_rolled_back ? answererThatHolds(context, member, before) : null
        if (!member.is_rolled_back) context.fail(`two payloads left for ${slot}`, member.index)
        else if (holder !== null) context.fail(`two payloads left for ${slot}, though member ${holder} held the first and was asked`, member.index)
        mine.set(slot, read.frame.signed)
      },
    }
  },
}

function answererThatHolds({ members, isHonest }: Context, { index, state }: SimMember, before: Uint8Array): MemberIndex | null {
  for (const peer of state?.volatile.wait?.answered ?? []) {
    const held = members.get(peer)?.state?.durable
    if (peer === index || !isHonest(peer) || !held) continue
    const votes = [...held.incidents.values()].map((incident) => incident.votes.get(index)?.frame)
    const said = [...held.vaults.values()].flatMap((vault) => saidBy(vault, index))
    const frames = [...votes, ...said].flatMap((frame) => frame ?? [])
    if (frames.some((frame) => equalBytes(decodeFrame(frame).signed, before))) return peer
  }
  return null
}

/** Receipts, and notices of orders. */
function saidBy({ manifests, commands }: Vault, member: MemberIndex): (Uint8Array | undefined)[] {
  return [...manifests.map(({ receipts }) => receipts.get(member)), ...Array.from(commands.values(), ({ notices }) => notices.get(member)?.frame)]
}
