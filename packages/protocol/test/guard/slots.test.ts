import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { type LockHash, type MemberKind, MEMBER_KINDS, encodeBody, slotBodyOf, slotOf } from '../../src/index.ts'
import { BODIES } from '../messages/arbitraries.ts'
import { hexOf } from '../core/setting.ts'

const [lock, other] = [hexOf('lock') as LockHash, hexOf('other') as LockHash]
const KINDS = Object.keys(MEMBER_KINDS) as MemberKind[]
/** Those of which a member may make one statement only. */
const BINDING = new Set(['vote', 'release', 'receipt', 'command'])

describe('the slots of messages', () => {
  for (const kind of KINDS) {
    it(`${BINDING.has(kind) ? 'bind' : 'do not bind'} the sender of a ${kind}`, () => {
      fc.assert(
        fc.property(BODIES[kind] as fc.Arbitrary<never>, (body) => {
          const slot = slotOf(lock, kind, body)
          if (!BINDING.has(kind)) {
            assert.equal(slot, null)
            return
          }
          const statement = (body as { statement?: string }).statement
          assert.equal(slot === null, ['broadcast', 'published', 'taken-back', 'let-be'].includes(statement ?? ''))
          if (slot === null) return
          assert.ok(slot.length < 256)
          assert.notEqual(slotOf(other, kind, body), slot, 'each epoch has its own')
          const bytes = encodeBody(kind, body)
          // Votes cannot conflict; everything else is compared whole.
          assert.deepEqual(slotBodyOf(kind, bytes), kind === 'vote' ? new Uint8Array(0) : bytes)
        }),
        { numRuns: 40 },
      )
    })
  }
})
