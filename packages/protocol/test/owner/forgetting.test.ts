import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { type Command, SETTLED_DEPTH } from '../../src/index.ts'
import { isForgettable, isOutlived } from '../../src/owner/forgetting.ts'
import type { Height } from '../../src/primitives/index.ts'
import { drill } from '../core/commands.ts'
import { blockAt } from '../core/setting.ts'

const given = (height: number, what: Command['what'] = drill(4)) => ({ what, anchor: blockAt(height) }) as Command

describe('a drill that is forgotten with what was signed for it', () => {
  it('is one that nobody takes any more, nor would after a reorganisation of a hundred blocks', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.nat(2_000), (height, tip) => {
        if (isForgettable(tip as Height, given(height))) assert.ok(isOutlived((tip - SETTLED_DEPTH) as Height, given(height)))
      }),
    )
    assert.ok(isForgettable(1_000 as Height, given(0)))
  })

  it('is no other order', () => {
    for (const order of ['panic', 'revoke'] as const) assert.ok(!isForgettable(10_000 as Height, given(0, { order })))
  })
})
