import assert from 'node:assert/strict'
import { attentionOf } from '../../src/commands/node/attention.ts'
import { plain } from '../../src/output/index.ts'

describe('what `belfry node status` says of the members', () => {
  it('is nothing more where all is well', () => {
    assert.deepEqual(attentionOf({ attention: [], isolated: false, monoculture: null }, plain), [])
  })

  it('is one line for each that somebody should look after, in words', () => {
    const lines = attentionOf(
      {
        isolated: true,
        attention: [
          { member: { index: 1, name: 'alice' }, self: true, what: ['eclipse-suspected'] },
          { member: { index: 4, name: 'dave' }, self: false, what: ['suspect', 'stuck', 'skewed'] },
        ],
        monoculture: { implementation: '/Satoshi:29.0.0/', members: 4 },
      },
      plain,
    )
    assert.deepEqual(lines.map(([, text]) => text), [
      'fewer than a majority of the members are heard: perhaps it is this node that is cut off',
      'alice (this node): its bitcoind knows of a better chain and does not get its blocks: perhaps it is eclipsed',
      'dave: suspect, stuck behind the chain, clock is off',
      '4 run /Satoshi:29.0.0/: one bug of it could stop the federation',
    ])
  })
})
