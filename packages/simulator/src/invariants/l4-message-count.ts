import type { Incident } from '@belfry/protocol'
import type { IncidentId, MemberIndex } from '@belfry/protocol/primitives'
import type { Context, Invariant } from './invariant.ts'
import { envelopeCount } from './ladder.ts'
import { slotOf } from './slots.ts'

export const L4: Invariant = {
  name: 'L4',
  sentence: 'per incident at most n·(blocks open/6 + 2) votes and n²·(envelopes due) releases',
  watch: (context) => {
    /** Distinct slots that left, by member, incident and kind: each member's part of the bound. */
    const slots = new Map<string, Set<string>>()
    const opened = new Map<string, number>()
    return {
      onStep(member, _input, output) {
        for (const record of output.records) {
          if (record.record !== 'incident-opened') continue
          const key = keyOf(member.index, record.incident_id)
          if (!opened.has(key)) opened.set(key, context.told.tipOf(member.index)?.height ?? 0)
        }
      },
      onLeaving(member, effect) {
        if (!context.isHonest(member.index) || (effect.effect !== 'gossip' && effect.effect !== 'send')) return
        const read = context.frames.read(effect.bytes)
        if (read.head.from !== member.index || (read.kind !== 'vote' && read.kind !== 'release')) return
        const slot = slotOf(context.frames, read) ?? ''
        const incident_id = (slot.split('/')[1] ?? '') as IncidentId
        const key = keyOf(member.index, incident_id)
        // A member to whom a backup was put back does not know what it said, and says it again.
        const counted = `${read.kind}/${member.machine.restores}/${key}`
        const mine = slots.get(counted) ?? new Set<string>()
        slots.set(counted, mine.add(slot))
        const tip = context.told.tipOf(member.index)?.height ?? 0
        const blocks = tip - (opened.get(key) ?? tip)
        const incident = member.state?.durable.incidents.get(incident_id)
        const most = read.kind === 'vote' ? blocks / 6 + 2 : mostReleases(context, incident)
        if (mine.size > most) context.fail(`${mine.size} ${read.kind}s where ${most} are the most`, member.index)
      },
    }
  },
}

function mostReleases({ federation, vaults }: Context, incident: Incident | undefined): number {
  const envelopes = vaults.deals
    .filter(({ manifest }) => manifest.vault_id === incident?.vault_id)
    .reduce((sum, { manifest }) => sum + envelopeCount(manifest), 0)
  return federation.members.length * envelopes
}

function keyOf(member: MemberIndex, incident_id: IncidentId): string {
  return `${member}/${incident_id}`
}
