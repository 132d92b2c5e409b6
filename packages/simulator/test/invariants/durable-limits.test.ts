import assert from 'node:assert/strict'
import { type Durable, MAX_RECENT_BLOCKS, MAX_STORY, durablePart, emptyDurable } from '@belfry/protocol'
import { type IncidentId, type Millis, type VaultId, toCbor } from '@belfry/protocol/primitives'
import { overrunOf } from '../../src/invariants/durable-limits.ts'

/** With this many blocks before the tip. */
function withBlocks(count: number): Durable {
  return { ...emptyDurable(), recent: Array.from({ length: count }, (_, height) => ({ height, hash: '00'.repeat(32) })) as Durable['recent'] }
}

describe('what a durable state may hold', () => {
  it('is judged as by encoding it', () => {
    for (const count of [MAX_RECENT_BLOCKS, MAX_RECENT_BLOCKS + 1]) {
      const state = withBlocks(count)
      const isTooMuch = count > MAX_RECENT_BLOCKS
      assert.equal(overrunOf(state), isTooMuch ? `recent holds ${count}, at most ${MAX_RECENT_BLOCKS} may be` : null)
      if (isTooMuch) assert.throws(() => toCbor(durablePart.snapshot, state), /recent/)
      else toCbor(durablePart.snapshot, state)
    }
  })

  it('is judged inside of incidents, too', () => {
    const state = emptyDurable()
    const id = '11'.repeat(32) as IncidentId
    const record = { record: 'incident-opened' as const, incident_id: id, vault_id: '22'.repeat(32) as VaultId, trigger: 'theft' as const }
    durablePart.apply(state, { ...record, discriminator: new Uint8Array(0), action: 'clawback', at_ms: 0 as Millis })
    const story = state.incidents.get(id)?.story
    assert.ok(story)
    const entry = { at_ms: 0 as Millis, event: 'voted' as const, height: null, member: null, txid: null, feerate: null, detail: null }
    while (story.length < MAX_STORY) story.push(entry)
    assert.equal(overrunOf(state), null)
    toCbor(durablePart.snapshot, state)
    story.push(entry)
    assert.equal(overrunOf(state), `story holds ${MAX_STORY + 1}, at most ${MAX_STORY} may be`)
  })
})
