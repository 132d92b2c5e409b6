import assert from 'node:assert/strict'
import { MAX_STORY, hasStoryRoom } from '../../src/state/story.ts'

describe('the story of an incident', () => {
  it('keeps room for what became of the coin, whatever else there was to tell', () => {
    assert.ok(hasStoryRoom(0, 'vote-received'))
    assert.ok(!hasStoryRoom(MAX_STORY - 1, 'vote-received'))
    assert.ok(!hasStoryRoom(MAX_STORY - 64, 'share-refused'))
    for (const event of ['trigger-confirmed', 'broadcast', 'recovery-confirmed', 'exposed', 'settled'] as const) {
      assert.ok(hasStoryRoom(MAX_STORY - 1, event), event)
      assert.ok(!hasStoryRoom(MAX_STORY, event), event)
    }
  })
})
