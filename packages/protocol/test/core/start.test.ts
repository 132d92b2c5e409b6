import assert from 'node:assert/strict'
import { decodeFrame, decodeHeader } from '../../src/index.ts'
import type { Feerate } from '../../src/primitives/index.ts'
import { type Happening, Seat, durable } from './seat.ts'
import { blockAt, memberAt, settingOf, vaultOf } from './setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)

/** What a node's loop may hand to the core before the start that it offered first: chain facts and frames go ahead. */
const OVERTAKING: Record<string, Happening> = {
  'a chain fact': {
    kind: 'chain',
    event: { event: 'chain-health', state: 'ok', estimate: null, mempool_floor: 0 as Feerate, implementation: 'test' },
  },
  'a block': { kind: 'chain', event: { event: 'block-connected', block: blockAt(101), previous: blockAt(100).hash } },
  'a frame': { kind: 'frame', peer: memberAt(setting, 2), channel: 'gossip', bytes: new Uint8Array(3), token: null },
  'a tick': { kind: 'tick' },
}

describe('a life of a member', () => {
  for (const [what, first] of Object.entries(OVERTAKING)) {
    it(`begins with its first input, also where ${what} overtakes the start: no number is signed twice`, () => {
      const seat = Seat.guarding(vault, setting)
      const { boot } = seat.state.durable
      seat.state = seat.core.restore(seat.restored())
      const since = seat.outputs.length
      seat.step(first)
      seat.step({ kind: 'start' })
      seat.pass(setting.federation.timing.heartbeat_ms)
      assert.equal(seat.state.durable.boot, boot + 1)
      const boots = durable(seat.outputs.slice(since), 'gossip').map(({ bytes }) => decodeHeader(decodeFrame(bytes).signed).boot)
      assert.ok(boots.length > 0)
      assert.deepEqual([...new Set(boots)], [boot + 1])
    })
  }
})
