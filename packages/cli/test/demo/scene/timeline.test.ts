import assert from 'node:assert/strict'
import type { DemoEvent } from '../../../src/demo/scene/events.ts'
import { type Teller, Timeline } from '../../../src/demo/scene/timeline.ts'

interface Line {
  readonly at_ms: number
  readonly event: string
}

/** A member whose story the test writes. */
class Member {
  readonly index: number
  readonly story: Line[] = []
  isRunning = true

  constructor(index: number) {
    this.index = index
  }

  readonly api = {
    incidents: async () => [{ incident_id: 'theft' }],
    incident: async () => ({
      story: this.story.map(({ at_ms, event }) => ({
        at: new Date(at_ms).toISOString(), event, height: 1, member: null, txid: null, sat_vb: null, detail: null,
      })),
    }),
  } satisfies Teller['api']
}

const LONG_AGO = Date.now() - 60_000

function names(events: readonly DemoEvent[]): string[] {
  return events.map((event) => (event.event === 'story' ? `${event.line.by} ${event.line.event}` : event.event))
}

describe('the timeline of several stories', () => {
  it('tells all in the order of time, each once', async () => {
    const [first, second] = [new Member(1), new Member(2)]
    const timeline = new Timeline([first, second])
    first.story.push({ at_ms: LONG_AGO, event: 'trigger-seen' }, { at_ms: LONG_AGO + 20, event: 'certified' })
    second.story.push({ at_ms: LONG_AGO + 10, event: 'voted' })
    timeline.add({ event: 'block-mined', at_ms: LONG_AGO + 15, height: 1, hash: '', bitcoind: 1 })
    assert.deepEqual(names(await timeline.advance()), ['1 trigger-seen', '2 voted', 'block-mined', '1 certified'])
    assert.deepEqual(await timeline.advance(), [])
    second.story.push({ at_ms: LONG_AGO + 30, event: 'rebuilt' })
    assert.deepEqual(names(await timeline.advance()), ['2 rebuilt'])
    assert.deepEqual(await timeline.finish(), [])
  })

  it('keeps back what something earlier may still join, and gives all at the end', async () => {
    const [first, second] = [new Member(1), new Member(2)]
    const timeline = new Timeline([first, second])
    first.story.push({ at_ms: Date.now() + 60_000, event: 'certified' })
    assert.deepEqual(await timeline.advance(), [])
    second.story.push({ at_ms: LONG_AGO, event: 'voted' })
    assert.deepEqual(names(await timeline.finish()), ['2 voted', '1 certified'])
  })

  it('keeps what happened in the same millisecond in the order of the story', async () => {
    const member = new Member(1)
    const timeline = new Timeline([member])
    for (const event of ['opened', 'trigger-seen', 'voted']) member.story.push({ at_ms: LONG_AGO, event })
    assert.deepEqual(names(await timeline.advance()), ['1 opened', '1 trigger-seen', '1 voted'])
  })

  it('asks no member that is gone, and goes on where it left off when it is back', async () => {
    const member = new Member(1)
    const timeline = new Timeline([member])
    member.story.push({ at_ms: LONG_AGO, event: 'opened' })
    assert.deepEqual(names(await timeline.advance()), ['1 opened'])
    member.isRunning = false
    member.story.push({ at_ms: LONG_AGO + 1, event: 'voted' })
    assert.deepEqual(await timeline.advance(), [])
    member.isRunning = true
    assert.deepEqual(names(await timeline.advance()), ['1 voted'])
  })
})
