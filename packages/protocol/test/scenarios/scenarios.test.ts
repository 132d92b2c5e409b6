import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { play } from './play.ts'
import { scenarioFiles } from './files.ts'

describe('the scenario', () => {
  for (const { name, url } of scenarioFiles()) {
    it(`${name} goes as it is written`, () => {
      const written = readFileSync(url, 'utf8')
      assert.equal(play(written), written, 'if this is right: pnpm scenarios --rewrite')
    })
  }
})
