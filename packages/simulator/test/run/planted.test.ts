import assert from 'node:assert/strict'
import { PLANTED, simulate } from '../../src/index.ts'

describe('a planted bug is found', function () {
  this.timeout(240_000)
  for (const planted of PLANTED) {
    const { name, what, caught_by, within_seeds } = planted
    it(`${name} (${what}): by ${caught_by.join(' or ')}, within ${within_seeds} seeds`, () => {
      for (let seed = 0; seed < within_seeds; seed++) {
        const { violation } = simulate({ seed, planted })
        if (violation === null) continue
        assert.ok(caught_by.includes(violation.invariant), `caught by ${violation.invariant}: ${violation.detail}`)
        return
      }
      assert.fail('not found')
    })
  }
})
