import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { proofAnswers } from '../../src/index.ts'
import type { BlockHash, LockHash, MemberIndex } from '../../src/primitives/index.ts'
import { hasher, hexOf } from '../core/setting.ts'

const question = { lock_hash: hexOf('lock') as LockHash, block: hexOf('block') as BlockHash }
const MEMBERS = [1, 2, 3] as MemberIndex[]
const bytes = Uint8Array.from({ length: 5_000 }, (_, at) => (at * 7 + (at >> 8)) % 251)

describe('the answer to a block', () => {
  it('is one for each member, and another for another block, lock or bytes', () => {
    const answers = [
      ...proofAnswers(hasher, question, MEMBERS, bytes),
      ...proofAnswers(hasher, { ...question, block: hexOf('other') as BlockHash }, MEMBERS, bytes),
      ...proofAnswers(hasher, { ...question, lock_hash: hexOf('other') as LockHash }, MEMBERS, bytes),
      ...proofAnswers(hasher, question, MEMBERS, bytes.toReversed()),
    ]
    assert.equal(new Set(answers).size, answers.length)
    assert.deepEqual(proofAnswers(hasher, question, [2 as MemberIndex], bytes), [answers[1]])
  })

  it('is there for blocks of every size, and does not depend on where they lie in memory', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(40), (block, shift) => {
      const moved = new Uint8Array(block.length + shift)
      moved.set(block, shift)
      assert.deepEqual(proofAnswers(hasher, question, MEMBERS, moved.subarray(shift)), proofAnswers(hasher, question, MEMBERS, block))
    }))
  })

  it('looks at places all over the block: who lacks a tenth of it fails in most blocks', () => {
    let failed = 0
    for (let at = 0; at < 100; at++) {
      const one = { ...question, block: hexOf(`block ${at}`) as BlockHash }
      const lacking = bytes.slice()
      lacking.fill(0xff, 2_000, 2_500)
      const [whole, part] = [bytes, lacking].map((each) => proofAnswers(hasher, one, [1 as MemberIndex], each)[0])
      if (whole !== part) failed += 1
    }
    assert.ok(failed > 40 && failed < 80, `${failed} of 100`)
  })
})
