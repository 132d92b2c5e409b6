import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  MAX_FRAME_BYTES,
  MEMBER_KINDS,
  type MemberKind,
  type Schema,
  SchemaError,
  decodeBody,
  fromCbor,
  isMemberKind,
  toCbor,
} from '../../src/index.ts'
import { BODIES } from './arbitraries.ts'
import { isFuzzed, judgesAsCborg, readsBack } from './codec.ts'

const KINDS = Object.keys(MEMBER_KINDS) as MemberKind[]
interface Case {
  readonly kind: MemberKind
  /** Any body, encoded. */
  readonly bytes: fc.Arbitrary<Uint8Array>
  readonly readsBack: (this: void) => void
  readonly fuzz: (this: void) => void
  readonly judge: (this: void) => void
}

function caseOf<T>(kind: MemberKind, schema: Schema<T>, any: fc.Arbitrary<T>): Case {
  const bytes = any.map((body) => toCbor(schema, body))
  return {
    kind,
    bytes,
    readsBack: () => readsBack(schema, any),
    fuzz: () =>
      isFuzzed(
        (given) => fromCbor(schema, given),
        (body) => toCbor(schema, body),
        bytes,
        200,
      ),
    judge: () => judgesAsCborg(schema, bytes, 200),
  }
}

const CASES: readonly Case[] = [
  caseOf('heartbeat', MEMBER_KINDS.heartbeat.body, BODIES.heartbeat),
  caseOf('vote', MEMBER_KINDS.vote.body, BODIES.vote),
  caseOf('certificate', MEMBER_KINDS.certificate.body, BODIES.certificate),
  caseOf('receipt', MEMBER_KINDS.receipt.body, BODIES.receipt),
  caseOf('command', MEMBER_KINDS.command.body, BODIES.command),
  caseOf('release', MEMBER_KINDS.release.body, BODIES.release),
  caseOf('evidence', MEMBER_KINDS.evidence.body, BODIES.evidence),
  caseOf('block-proof', MEMBER_KINDS['block-proof'].body, BODIES['block-proof']),
  caseOf('headers-wanted', MEMBER_KINDS['headers-wanted'].body, BODIES['headers-wanted']),
  caseOf('headers', MEMBER_KINDS.headers.body, BODIES.headers),
  caseOf('answered', MEMBER_KINDS.answered.body, BODIES.answered),
  caseOf('pull', MEMBER_KINDS.pull.body, BODIES.pull),
]

describe('the table of message kinds', () => {
  it('is tested in every kind', () =>
    assert.deepEqual(
      CASES.map(({ kind }) => kind),
      KINDS,
    ))

  for (const { kind, ...one } of CASES) {
    it(`reads back every ${kind} that it writes`, one.readsBack)
    it(`answers bytes that are no ${kind} with its own error`, one.fuzz)
    it(`judges what may be a ${kind} as cborg does`, one.judge)

    it(`takes no attachment with a ${kind} that a frame could not hold`, () => {
      assert.ok(MEMBER_KINDS[kind].max_attachment_bytes < MAX_FRAME_BYTES)
    })
  }

  it('lets shares and questions travel by stream only, so that no share is ever gossiped', () => {
    for (const kind of KINDS) {
      const isPrivate = ['release', 'pull', 'answered', 'headers', 'headers-wanted'].includes(kind)
      assert.equal((MEMBER_KINDS[kind].channels as readonly string[]).includes('gossip'), !isPrivate, kind)
    }
  })

  it('keeps the urgent room for what an incident needs', () => {
    const urgent = KINDS.filter((kind) => MEMBER_KINDS[kind].room === 'urgent')
    assert.deepEqual(urgent, ['vote', 'certificate', 'receipt', 'command', 'release'])
  })

  it('asks for a rising number only where an older message is worthless', () => {
    assert.deepEqual(
      KINDS.filter((kind) => MEMBER_KINDS[kind].rising),
      ['heartbeat'],
    )
  })

  it('knows its own kinds and no name of an object', () => {
    for (const kind of KINDS) assert.ok(isMemberKind(kind))
    for (const word of ['', 'drill', 'toString', '__proto__', 'constructor']) assert.equal(isMemberKind(word), false)
  })

  it('refuses the body of another kind', () => {
    for (const { kind: other, bytes } of CASES) {
      const [sample] = fc.sample(bytes, { numRuns: 1, seed: 1 })
      assert.ok(sample)
      for (const kind of KINDS.filter((one) => one !== other)) {
        assert.throws(() => decodeBody(kind, sample), SchemaError, `${other} as ${kind}`)
      }
    }
  })
})
