import assert from 'node:assert/strict'
import type { DemoEvent } from '../../../src/demo/scene/events.ts'
import { Narration } from '../../../src/demo/scene/narration.ts'
import { plain } from '../../../src/output/index.ts'
import { line } from './stories.ts'

const THEFT: DemoEvent = { event: 'theft-submitted', at_ms: 1_000, txid: 'ab'.repeat(32), sat_vb: 2, bitcoind: 1 }
const CLAWBACK = { txid: 'cd'.repeat(32), sat_vb: 10 }

function told(...events: readonly DemoEvent[]): string[] {
  return new Narration(3, plain).lines([THEFT, ...events]).slice(1)
}

describe('the narration', () => {
  it('begins each line with the seconds since the theft', () => {
    const [theft, seen] = new Narration(3, plain).lines([THEFT, line(3_500, 2, 'trigger-seen')])
    assert.equal(theft, '   0.000 s  the thief gives the unvault abababababababab… (2 sat/vB) to bitcoind 1')
    assert.equal(seen, '   2.500 s  tower-2 sees the theft in its mempool')
  })

  it('says once what every member\'s story says', () => {
    const lines = told(line(1_100, 1, 'certified'), line(1_101, 2, 'certified'), line(1_102, 3, 'certified'))
    assert.deepEqual(lines, ['   0.100 s  certificate: 3 members agree'])
  })

  it('gathers a member\'s releases of one rung into one line', () => {
    const release = (at_ms: number, member: number, sat_vb: number): DemoEvent => line(at_ms, 1, 'released', { member, sat_vb })
    assert.deepEqual(told(release(1_001, 2, 10), release(1_002, 3, 10), release(1_003, 4, 10), release(1_004, 2, 50)), [
      '   0.001 s  tower-1 hands its share at 10 sat/vB to tower-2, tower-3 and tower-4',
      '   0.004 s  tower-1 hands its share at 50 sat/vB to tower-2',
    ])
  })

  it('names who broadcast, the txid and the rung', () => {
    assert.deepEqual(told(line(1_050, 4, 'broadcast', CLAWBACK)), [
      '   0.050 s  tower-4 broadcasts the clawback cdcdcdcdcdcdcdcd… at 10 sat/vB: its bitcoind takes it',
    ])
  })

  it('leaves out what another member\'s line says already', () => {
    const repeated = ['opened', 'vote-received', 'share-opened', 'broadcast-by-member', 'recovery-seen']
    assert.deepEqual(told(...repeated.map((event) => line(1_001, 1, event, CLAWBACK))), [])
  })
})
