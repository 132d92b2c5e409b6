import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { encodeBody } from '../../src/index.ts'
import { MAX_ENVELOPES, MAX_MEMBERS } from '../../src/custody/limits.ts'
import { MAX_BODY_BYTES } from '../../src/messages/frame.ts'
import { MAX_PULL_EVIDENCE, MAX_PULL_INCIDENTS, MAX_PULL_MANIFESTS, MAX_PULL_VAULTS, type Pull } from '../../src/messages/pull.ts'
import { MAX_COMMANDS_PER_VAULT } from '../../src/owner/limits.ts'
import type { Height, MemberIndex } from '../../src/primitives/index.ts'
import { fitting } from '../../src/sync/fitting.ts'
import { TOPIC_NAMES } from '../../src/sync/topics.ts'

const members = Array.from({ length: MAX_MEMBERS }, (_, at) => (at + 1) as MemberIndex)
const hashOf = (at: number) => at.toString(16).padStart(64, '0') as never
const list = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))

/** With so many subjects of each topic, all that can be said of each: every member, the greatest numbers. */
function largest(incidents: number, custody: number, vaults: number, evidence: number, commands: number = MAX_COMMANDS_PER_VAULT): Pull {
  return {
    incidents: list(incidents, (at) => ({
      incident_id: hashOf(at),
      votes: members.map((member) => ({ member, anchor_height: 0x7fff_ffff as Height })),
      releases: list(MAX_ENVELOPES, hashOf),
      broadcasts: members,
    })),
    custody: list(custody, (at) => ({ manifest_hash: hashOf(at), receipts: members, published: members, taken_back: members, let_be: members, withdrawal: true })),
    owner_messages: list(vaults, (at) => ({ vault_id: hashOf(at), held: list(commands, (id) => ({ id: hashOf(id), notices: members, reports: members })) })),
    evidence: list(evidence, (at) => ({ member: members[at % MAX_MEMBERS] ?? assert.fail(), conflict: at < MAX_MEMBERS ? 'slot' : 'number' })),
    own: true,
  }
}

const bytesOf = (body: Pull): number => encodeBody('pull', body).length

describe('a Pull that is too long for a message', () => {
  it('is none that asks for one subject of each topic, whatever is known of it: whoever raises a limit raises the room for a message', () => {
    assert.ok(bytesOf(largest(1, 1, 1, 1)) <= MAX_BODY_BYTES)
  })

  it('is one that asks for as many manifests as there may be, beside one vault and one incident', () => {
    assert.ok(bytesOf(largest(1, MAX_PULL_MANIFESTS, 1, 0)) > MAX_BODY_BYTES)
  })

  it('is shortened until it fits, and asks for some of each topic, from the first on', () => {
    const upTo = (max: number) => fc.integer({ min: 0, max })
    const counts = fc.tuple(upTo(MAX_PULL_INCIDENTS), upTo(MAX_PULL_MANIFESTS), upTo(MAX_PULL_VAULTS), upTo(MAX_PULL_EVIDENCE), upTo(MAX_COMMANDS_PER_VAULT))
    fc.assert(
      fc.property(counts, (drawn) => {
        const whole = largest(...drawn)
        const fitted = fitting(whole)
        assert.ok(bytesOf(fitted) <= MAX_BODY_BYTES)
        for (const name of TOPIC_NAMES) {
          assert.deepEqual(fitted[name], whole[name].slice(0, fitted[name].length))
          assert.ok(fitted[name].length > 0 || whole[name].length === 0)
        }
        if (bytesOf(whole) <= MAX_BODY_BYTES) assert.deepEqual(fitted, whole)
      }),
      { numRuns: 60 },
    )
  })

  it('is shortened where it takes most room: nothing that is short gives way', () => {
    const fitted = fitting(largest(4, MAX_PULL_MANIFESTS, 0, 3))
    assert.deepEqual([fitted.incidents.length, fitted.evidence.length], [4, 3])
    assert.ok(fitted.custody.length < MAX_PULL_MANIFESTS)
  })
})
