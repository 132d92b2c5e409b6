import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { NO_DISCRIMINATOR, type Header, MESSAGE_VERSION, type MemberKind, encodeBody, encodeFrame, signFrame } from '@belfry/protocol'
import {
  type Height,
  type MemberIndex,
  type Millis,
  type VaultId,
  type IncidentId,
  toHex,
} from '@belfry/protocol/primitives'
import { portsOf, readStatement } from '../../src/index.ts'
import { makeFederation } from '../support/federation.ts'

const VOTE = {
  vault_id: '11'.repeat(32) as VaultId,
  trigger: 'theft',
discriminator: NO_DISCRIMINATOR,
  incident_id: '22'.repeat(32) as IncidentId,
  action: 'clawback',
  anchor_height: 215 as Height,
  witness_txid: null,
} as const

describe('a signed statement', () => {
  const { federation, keys } = makeFederation(3)

  function frame(kind: MemberKind, body: Uint8Array, from = 2, signer = from): string {
    const head: Header = {
      version: MESSAGE_VERSION,
      lock_prefix: federation.lock_prefix,
      epoch: 0,
      kind,
      from: from as MemberIndex,
      peer_id: 'x',
      boot: 1,
      seq: 1,
      sent_at: 1_000 as Millis,
      body,
    }
    return toHex(encodeFrame(signFrame(portsOf(keys[signer - 1] ?? assert.fail()), federation.lock_hash, head)))
  }

  it('is read with who said it, when and what', () => {
    const statement = readStatement(federation, frame('vote', encodeBody('vote', VOTE)))
    assert.deepEqual([statement?.from, statement?.sent_at, statement?.valid], [2, 1_000, true])
    assert.deepEqual(statement?.said, { kind: 'vote', ...VOTE })
  })

  it('is wrong where another signed it, or where it is for another federation', () => {
    assert.equal(readStatement(federation, frame('vote', encodeBody('vote', VOTE), 2, 1))?.valid, false)
    const other = makeFederation(3, { name: 'other' }).federation
    assert.equal(readStatement(other, frame('vote', encodeBody('vote', VOTE)))?.valid, false)
    const smaller = readStatement(federation, frame('vote', encodeBody('vote', VOTE), 4, 1))
    assert.equal(smaller?.valid, false, 'there is no member 4')
  })

  it('is none where the message is of another kind, or none', () => {
    assert.equal(readStatement(federation, frame('heartbeat', new Uint8Array(0))), null)
    assert.equal(readStatement(federation, frame('vote', Uint8Array.of(1))), null)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.uint8Array().map((bytes) => toHex(bytes)),
        ),
        (hex) => {
          assert.equal(readStatement(federation, hex), null)
        },
      ),
    )
  })
})
