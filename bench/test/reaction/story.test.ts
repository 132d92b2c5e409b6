import assert from 'node:assert/strict'
import { type Ends, type Line, STEPS, stepsOf } from '../../reaction/story.ts'

const INCIDENT = 'an incident'
const ENVELOPE = 'an envelope'
const line = (monotonic_ms: number, by: number, event: string, about: Partial<Line> = {}): Line =>
  ({ event, incident_id: INCIDENT, monotonic_ms, by, member: null, envelope_id: null, txid: null, ...about })

/** Member 2 (place 1) is the one whose bitcoind accepts first; the quorum is 3. */
const lines: Line[] = [
  line(11, 0, 'incident-opened'), line(11.5, 0, 'voted'),
  line(12, 1, 'incident-opened'), line(12.1, 1, 'voted'),
  line(13, 2, 'incident-opened'), line(13.5, 2, 'voted'),
  line(14, 3, 'voted'),
  line(15, 2, 'certified'), line(16, 1, 'certified'),
  line(17, 0, 'share-released', { member: 2, envelope_id: ENVELOPE }),
  line(17.2, 2, 'share-released', { member: 4, envelope_id: ENVELOPE }),
  line(18, 2, 'share-released', { member: 2, envelope_id: ENVELOPE }),
  line(18.5, 1, 'share-held', { member: 2, envelope_id: ENVELOPE }),
  line(19, 1, 'share-held', { member: 1, envelope_id: ENVELOPE }),
  line(20, 1, 'share-held', { member: 3, envelope_id: ENVELOPE }),
  line(20.1, 1, 'share-held', { member: 3, envelope_id: 'another envelope' }),
  line(20.2, 1, 'voted', { incident_id: 'another incident' }),
  line(20.5, 1, 'rebuilt', { envelope_id: ENVELOPE, txid: 'k' }),
]
const reaction: Ends = { answer: { txid: 'k' }, started: { at_ms: 10 }, answered: { node: 1, at_ms: 23 } }

describe('the steps of a reaction', () => {
  const steps = stepsOf(lines, INCIDENT, reaction, { q: 3, t: 3 })

  it('follow the member whose bitcoind accepted first, each from the end of the one before', () => {
    assert.deepEqual(steps, {
      'seen': 1, 'voted': 2.5, 'certified': 1.5, 'shares-released': 3, 'shares-opened': 2, 'rebuilt': 0.5, 'accepted': 2.5,
    })
  })

  it('add up to the whole', () => {
    const sum = STEPS.reduce((all, step) => all + (steps?.[step] ?? Number.NaN), 0)
    assert.ok(Math.abs(sum - (reaction.answered.at_ms - reaction.started.at_ms)) < 1e-9)
  })

  it('are not told where a line is missing', () => {
    assert.equal(stepsOf(lines.filter(({ event }) => event !== 'certified'), INCIDENT, reaction, { q: 3, t: 3 }), null)
    assert.equal(stepsOf(lines, INCIDENT, reaction, { q: 5, t: 3 }), null)
  })
})
