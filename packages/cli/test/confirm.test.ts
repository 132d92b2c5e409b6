import assert from 'node:assert/strict'
import { confirm } from '../src/confirm.ts'
import { Output } from '../src/output/index.ts'
import type { Shell } from '../src/shell.ts'

function shellWith(answer: string | null): { readonly shell: Shell; readonly said: string[] } {
  const said: string[] = []
  const stderr = { write: (text: string) => said.push(text) }
  const output = new Output({ stdout: { write: () => assert.fail('a question is no result') }, stderr, env: {}, json: false })
  const shell: Shell = {
    output,
    signal: new AbortController().signal,
    env: {},
    cwd: '/',
    now: () => 0,
    ask: (question) => {
      said.push(question)
      return Promise.resolve(answer)
    },
  }
  return { shell, said }
}

const WHAT = ['All of it goes.', 'It does not come back.']

describe('what cannot be taken back', () => {
  it('is said before it is asked, and done for a yes', async () => {
    for (const answer of ['yes', ' YES \n']) {
      const { shell, said } = shellWith(answer)
      await confirm({}, WHAT, shell)
      assert.match(said.join(''), /All of it goes\.\n.*does not come back\.\n.*Type yes/s)
    }
  })

  it('is not done for any other answer', async () => {
    for (const answer of ['', 'y', 'no', 'yes!']) {
      await assert.rejects(confirm({}, WHAT, shellWith(answer).shell), { code: 'not-confirmed' })
    }
  })

  it('is not done where nobody can be asked, unless that was said before', async () => {
    await assert.rejects(confirm({}, WHAT, shellWith(null).shell), { code: 'usage' })
    const { shell, said } = shellWith(null)
    await confirm({ yes: true }, WHAT, shell)
    assert.doesNotMatch(said.join(''), /Type yes/)
  })
})
