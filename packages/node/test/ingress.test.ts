import assert from 'node:assert/strict'
import type { Input, Verdict } from '@belfry/protocol'
import type { MemberIndex, Millis } from '@belfry/protocol/primitives'
import { Ingress } from '../src/ingress.ts'

const PEER = 2 as MemberIndex
const BYTES = Uint8Array.of(1, 2, 3)

/** An ingress whose pauses end when the test says so, and whose loop takes everything. */
function stage(room = true) {
  const offered: Input[] = []
  const pauses: (() => void)[] = []
  const ingress = new Ingress({
    offer: (input) => room && offered.push(input) > 0,
    offerRiders: () => room,
    now: () => 0 as Millis,
    pause: () => new Promise<void>((resolve) => pauses.push(resolve)),
  })
  const gossip = (): Promise<string> => ingress.handlers.onGossip(PEER, BYTES)
  const answerAll = (verdict: Verdict): void => {
    for (const input of offered.splice(0)) if (input.kind === 'frame' && input.token !== null) ingress.verdicts.settle(input.token, verdict)
  }
  return { pauses, gossip, answerAll }
}

/** What of these has settled once everything that can happen by itself has happened. */
async function settled(promises: readonly Promise<string>[]): Promise<string[]> {
  const done: string[] = []
  for (const promise of promises) void promise.then((verdict) => done.push(verdict))
  await new Promise((resolve) => setImmediate(resolve))
  return done
}

describe('gossip that comes in', () => {
  it('is accepted, and so forwarded, only after a pause: its author sends it to all itself', async () => {
    const { pauses, gossip, answerAll } = stage()
    const verdict = gossip()
    answerAll('accept')
    assert.deepEqual(await settled([verdict]), [])
    assert.equal(pauses.length, 1)
    pauses[0]?.()
    assert.equal(await verdict, 'accept')
  })

  it('is ignored or rejected without a pause', async () => {
    for (const verdict of ['ignore', 'reject'] as const) {
      const { pauses, gossip, answerAll } = stage()
      const given = gossip()
      answerAll(verdict)
      assert.equal(await given, verdict)
      assert.equal(pauses.length, 0)
    }
  })

  it('is held back up to a number, and beyond it accepted at once, so that no flood makes the network turn honest messages away', async () => {
    const { pauses, gossip, answerAll } = stage()
    const verdicts = Array.from({ length: 200 }, gossip)
    answerAll('accept')
    const atOnce = await settled(verdicts)
    assert.equal(pauses.length, 128)
    assert.equal(atOnce.length, 200 - 128)
    for (const end of pauses) end()
    assert.deepEqual(new Set(await Promise.all(verdicts)), new Set(['accept']))
    const later = gossip()
    answerAll('accept')
    assert.deepEqual(await settled([later]), [], 'there is room again')
  })

  it('is ignored where the loop has no room', async () => {
    assert.equal(await stage(false).gossip(), 'ignore')
  })
})
