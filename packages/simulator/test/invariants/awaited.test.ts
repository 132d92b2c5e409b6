import assert from 'node:assert/strict'
import { AWAITED, INVARIANTS } from '../../src/invariants/index.ts'

describe('the invariants', () => {
  it('are each watched or awaited, and none is both: S1 to S13', () => {
    const names = [...INVARIANTS, ...AWAITED].map(({ name }) => name).filter((name) => name.startsWith('S'))
    const all = Array.from({ length: 13 }, (_, at) => `S${at + 1}`)
    assert.deepEqual(names.toSorted(), all.toSorted())
  })

  it('say what they wait for', () => {
    for (const { name, needs, learns_by } of AWAITED) assert.ok(needs !== '' && learns_by.startsWith('on'), name)
  })
})
