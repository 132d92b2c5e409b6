import type { Invariant } from './invariant.ts'
import { framesOfVotes, isCertificate, validVotes } from './votes.ts'

export const S4: Invariant = {
  name: 'S4',
  sentence: "every certificate used: q distinct members of the manifest's epoch, one incident and action, anchors inside the window",
  watch: (context) => ({
    onStep(member, _input, output) {
      if (!context.isHonest(member.index)) return
      for (const record of output.records) {
        if (record.record !== 'certified') continue
        const incident = member.state?.durable.incidents.get(record.incident_id)
        const { q } = context.federation.thresholds[incident?.action ?? 'clawback']
        const votes = incident ? validVotes(context, record.incident_id, incident.action, framesOfVotes(incident)) : []
        const named = votes.filter((vote) => record.voters.includes(vote.member))
        if (!isCertificate(named, q, record.height)) context.fail(`certified by ${named.length} votes of ${q}`, member.index)
      }
    },
    onLeaving(member, effect) {
      if (!context.isHonest(member.index) || effect.effect !== 'gossip') return
      const read = context.frames.read(effect.bytes)
      if (read.kind !== 'certificate') return
      const { incident_id, action, votes } = context.frames.bodyOf('certificate', read)
      const valid = validVotes(context, incident_id, action, votes)
      const { q } = context.federation.thresholds[action]
      const newest = Math.max(...valid.map(({ anchor }) => anchor))
      if (!isCertificate(valid, q, newest)) context.fail(`told a certificate of ${valid.length} votes of ${q}`, member.index)
    },
  }),
}
