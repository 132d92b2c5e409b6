import type { Incident } from '@belfry/protocol'
import type { IncidentId, MemberIndex } from '@belfry/protocol/primitives'
import { envelopeCount } from './ladder.ts'
import type { Context, Invariant } from './invariant.ts'

export const L4: Invariant = {
  name: 'L4',
  sentence: 'per incident at most n·(blocks open/6 + 2) votes and n²·(envelopes due) releases',
  watch: (context) => {
    const counts = new Map<string, number>()
    const opened = new Map<string, number>()
    return {
      onStep(member, _input, output) {
        if (!context.isHonest(member.index)) return
        const tip = context.told.tipOf(member.index)?.height ?? 0
        for (const record of output.records) {
          if (record.record === 'incident-opened') setOnce(opened, keyOf(member.index, record.incident_id), tip)
          if (record.record !== 'signed') continue
          const [kind = '', , incident_id = ''] = record.slot.split('/')
          if (kind !== 'vote' && kind !== 'release') continue
          const key = `${kind}/${keyOf(member.index, incident_id)}`
          const count = (counts.get(key) ?? 0) + 1
          counts.set(key, count)
          const blocks = tip - (opened.get(keyOf(member.index, incident_id)) ?? tip)
          const most = kind === 'vote' ? blocks / 6 + 2 : mostReleases(context, member.state?.durable.incidents.get(incident_id as IncidentId))
          if (count > most) context.fail(`${count} ${kind}s where ${most} are the most`, member.index)
        }
      },
    }
  },
}

/** One member's part of the bound. */
function mostReleases({ federation, vaults }: Context, incident: Incident | undefined): number {
  const envelopes = vaults.deals
    .filter(({ manifest }) => manifest.vault_id === incident?.vault_id)
    .reduce((sum, { manifest }) => sum + envelopeCount(manifest), 0)
  return federation.members.length * envelopes
}

function keyOf(member: MemberIndex, incident_id: string): string {
  return `${member}/${incident_id}`
}

function setOnce(map: Map<string, number>, key: string, value: number): void {
  if (!map.has(key)) map.set(key, value)
}
