import assert from 'node:assert/strict'
import { type Report, jsonOf, textOf } from '../../output/report.ts'
import { peerOf, timeRow } from '../../output/row.ts'

const limit = timeRow('limit', [1, 2, 3])
const report: Report = {
  bench: 'reaction',
  commit: 'c0ffee',
  machine: { cpu: 'a cpu', cores: 2, node: 'v24.0.0', bitcoind: null },
  rows: [timeRow('mempool', [4, 8, 16.123_456], peerOf(limit)), limit],
  ok: true,
}

describe('a row', () => {
  it('says how many times better than its peer a time is: the peer over ours', () => {
    assert.deepEqual(timeRow('ours', [4], { name: 'theirs', median: 2 }).ratio, 0.5)
    assert.deepEqual(timeRow('ours', [1], { name: 'theirs', median: 2 }).ratio, 2)
    assert.equal(timeRow('ours', [1]).ratio, null)
  })
})

describe('a report', () => {
  it('is one line of JSON with exactly the keys of the contract, in its order', () => {
    const line = jsonOf(report)
    assert.ok(!line.includes('\n'))
    assert.equal(line, '{"bench":"reaction","commit":"c0ffee","machine":{"cpu":"a cpu","cores":2,"node":"v24.0.0","bitcoind":null},"rows":['
      + '{"name":"mempool","unit":"ms","n":3,"median":8,"p99":16.123,"peer":{"name":"limit","median":2},"ratio":0.25},'
      + '{"name":"limit","unit":"ms","n":3,"median":2,"p99":3,"peer":null,"ratio":null}],"ok":true}')
  })

  it('shows a person each row with its peer, and whether a result was wrong', () => {
    const text = textOf(report)
    assert.match(text, /mempool +ms +3 +8\.00 +16\.12 +0\.25 +limit \(2\.00\)/)
    assert.match(textOf({ ...report, lines: ['of its own'] }), /\nof its own\n/)
    assert.match(text, /every result was right/)
    assert.match(textOf({ ...report, ok: false }), /A RESULT WAS WRONG/)
  })
})
