import assert from 'node:assert/strict'
import { parseEvidence, verifyEvidence } from '@belfry/protocol'
import { evidenceView } from '../../src/views/index.ts'
import { contradict } from './contradict.ts'
import { portsOf, privateKey } from './federation.ts'
import { world } from './world.ts'

describe('the view of evidence', () => {
  it('is empty where nobody contradicted itself', () => {
    assert.deepEqual(evidenceView(world().state), [])
  })

  it('names who did what, and holds a file that proves it to whoever has the lock', () => {
    const of = world()
    contradict(of, 4)
    const [piece, ...more] = evidenceView(of.state)
    assert.ok(piece && more.length === 0)
    const { id, at, file, ...plain } = piece
    assert.deepEqual(plain, { epoch: 0, member: { index: 4, name: 'dave' }, conflict: 'slot', kind: 'receipt' })
    assert.match(id, /^[0-9a-f]{64}$/)
    assert.match(at, /^2026-01-02T/)
    const parsed = parseEvidence(JSON.stringify(file))
    assert.equal(parsed.lock_hash, of.federation.lock_hash)
    assert.equal(verifyEvidence(portsOf(privateKey()), of.federation, parsed), 'ok')
  })
})
