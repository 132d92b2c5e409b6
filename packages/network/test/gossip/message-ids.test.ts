import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { toHex } from '@belfry/protocol/primitives'
import { MessageIds } from '../../src/gossip/message-ids.ts'

const data = Uint8Array.of(1, 2, 3)

describe('gossip message ids', () => {
  it('are the SHA-256 of the data', () => {
    assert.deepEqual(Buffer.from(new MessageIds().idOf(data)), createHash('sha256').update(data).digest())
  })

  it('change each time the message is ignored, and only then', () => {
    const ids = new MessageIds()
    const seen = new Set<string>()
    for (let i = 0; i < 5; i++) {
      seen.add(toHex(ids.idOf(data)))
      assert.deepEqual(ids.idOf(data), ids.idOf(data.slice()))
      ids.ignored(data)
    }
    assert.equal(seen.size, 5)
    assert.deepEqual(ids.idOf(Uint8Array.of(4)), new MessageIds().idOf(Uint8Array.of(4)))
  })

  it('are remembered for a bounded number of ignored messages', () => {
    const ids = new MessageIds()
    ids.ignored(data)
    for (let i = 0; i < 16_384; i++) ids.ignored(Uint8Array.of(i >> 8, i))
    assert.deepEqual(ids.idOf(data), new MessageIds().idOf(data))
  })
})
