import assert from 'node:assert/strict'
import { limitLog } from '../src/log-limit.ts'

describe('the log', () => {
  it('takes a few lines of one event about one peer, and then one now and again', () => {
    let now_ms = 0
    const lines: string[] = []
    const log = limitLog((_level, event, fields) => lines.push(`${event} ${fields['from']}`), () => now_ms)
    for (let i = 0; i < 100; i++) log('warn', 'gossip-rejected', { from: 2 })
    log('warn', 'gossip-rejected', { from: 3 })
    log('warn', 'member-over-budget', { from: 2 })
    assert.deepEqual(lines.splice(0),
      [...Array.from({ length: 5 }, () => 'gossip-rejected 2'), 'gossip-rejected 3', 'member-over-budget 2'])
    now_ms = 10_000
    for (let i = 0; i < 100; i++) log('warn', 'gossip-rejected', { from: 2 })
    assert.deepEqual(lines, ['gossip-rejected 2'])
  })
})
