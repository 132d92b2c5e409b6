import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  NO_DISCRIMINATOR,
  MAX_FRAME_BYTES,
  type Header,
  decodeFrame,
  decodeHeader,
  encodeFrame,
  messageHash,
  signFrame,
  verifyFrame,
  withoutAttachment,
} from '../../src/index.ts'
import { MAX_BODY_BYTES, MAX_SIGNED_BYTES, frame as frameSchema, header, isOtherVersion } from '../../src/messages/frame.ts'
import { MAX_VOTE_FRAME_BYTES } from '../../src/messages/certificate.ts'
import { MAX_RECEIPT_FRAME_BYTES } from '../../src/messages/owner-requests.ts'
import { MAX_LEDGER_FRAME_BYTES } from '../../src/state/durable.ts'
import {
  type EnvelopeId,
  type Hash32,
  type Height,
  type LockHash,
  type MemberIndex,
  type Txid,
  toCbor,
} from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { hasher, hexOf, settingOf, vaultOf } from '../core/setting.ts'
import { anyFrame, anyHeader } from './arbitraries.ts'
import { isFuzzed, judgesAsCborg, readsBack } from './codec.ts'

const setting = settingOf(5)
const seat = new Seat(setting)
const [signer] = setting.ports
const { lock_hash } = setting.federation
const { node_key, peer_id } = setting.federation.memberOf(1 as MemberIndex)

function headOf(change: Partial<Header> = {}): Header {
  return { ...decodeHeader(decodeFrame(seat.frameOf(1, {})).signed), ...change }
}

describe('a frame', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(anyFrame, (value) => assert.deepEqual(decodeFrame(encodeFrame(value)), value)),
      { numRuns: 60 },
    )
  })

  it('answers other bytes with its own error', () => {
    isFuzzed(decodeFrame, encodeFrame, anyFrame.map(encodeFrame))
  })

  it('is judged as cborg judges it', () => judgesAsCborg(frameSchema, anyFrame.map(encodeFrame)))

  it('holds to its signature under this lock and no other, and to every byte that is signed', () => {
    assert.ok(signer)
    const frame = signFrame(signer, lock_hash, headOf())
    assert.ok(verifyFrame(signer, lock_hash, node_key, frame))
    assert.ok(!verifyFrame(signer, hexOf('another lock') as LockHash, node_key, frame))
    for (let at = 0; at < frame.signed.length; at += 7) {
      const signed = frame.signed.with(at, (frame.signed[at] ?? 0) ^ 1)
      assert.ok(!verifyFrame(signer, lock_hash, node_key, { ...frame, signed }))
    }
  })

  it('does not sign its attachment, which the body names by its hash', () => {
    assert.ok(signer)
    const frame = signFrame(signer, lock_hash, headOf(), new Uint8Array([1]))
    assert.ok(verifyFrame(signer, lock_hash, node_key, frame))
    const bare = withoutAttachment(frame)
    assert.equal(bare.attachment, null)
    assert.ok(verifyFrame(signer, lock_hash, node_key, bare))
    assert.equal(messageHash(hasher, bare.signed), messageHash(hasher, frame.signed))
  })
})

describe('the header of a frame', () => {
  it('is read back as it was written', () => readsBack(header, anyHeader))

  it('answers other bytes with its own error', () => {
    isFuzzed(
      decodeHeader,
      (value) => toCbor(header, value),
      anyHeader.map((value) => toCbor(header, value)),
    )
  })

  it('is judged as cborg judges it', () => {
    judgesAsCborg(
      header,
      anyHeader.map((value) => toCbor(header, value)),
    )
  })

  it('tells another version whatever else that version has in it', () => {
    assert.equal(isOtherVersion(toCbor(header, headOf())), false)
    assert.equal(isOtherVersion(toCbor(header, headOf({ version: 2 }))), true)
    // {"version": 2, "colour": "red"}, and a bare 1, in which there is no version.
    const later = Buffer.from('a266636f6c6f7572637265646776657273696f6e02', 'hex')
    assert.equal(isOtherVersion(new Uint8Array(later)), true)
    assert.equal(isOtherVersion(new Uint8Array([1])), false)
  })
})

describe('the largest message', () => {
  const vault = vaultOf(setting)
  const extreme = {
    epoch: 0xffff_ffff,
    boot: 0xffff_ffff,
    seq: Number.MAX_SAFE_INTEGER,
    sent_at: 8_640_000_000_000_000,
  }
  const most = (bytes: Uint8Array): Uint8Array => {
    const frame = decodeFrame(bytes)
    assert.ok(signer)
    return encodeFrame(
      signFrame(signer, lock_hash, { ...decodeHeader(frame.signed), ...extreme } as Header, frame.attachment),
    )
  }

  it('of a vote fits into a certificate, and a certificate of 64 such votes into a frame', () => {
    const vote = most(
      seat.frame(1, 'vote', {
        ...seat.voteBody(vault),
        trigger: 'cold-theft',
        action: 'succession',
        anchor_height: 0xffff_ffff as Height,
      }),
    )
    assert.ok(vote.length <= MAX_VOTE_FRAME_BYTES)
    const votes = Array.from({ length: 64 }, () => new Uint8Array(MAX_VOTE_FRAME_BYTES))
    const { vault_id, theft: incident_id } = vault
    const full = seat.frame(1, 'certificate', {
      vault_id,
      trigger: 'cold-theft',
      discriminator: NO_DISCRIMINATOR, incident_id,
      action: 'succession',
      votes,
    })
    assert.ok(decodeHeader(decodeFrame(full).signed).body.length <= MAX_BODY_BYTES)
  })

  it('of a receipt fits into a bundle', () => {
    const holds = seat.frame(1, 'receipt', {
      statement: 'holds',
      vault_id: vault.vault_id,
      generation: 0xffff_ffff,
      manifest_hash: vault.hash,
    })
    const broadcast = seat.frame(1, 'receipt', {
      statement: 'broadcast',
      vault_id: vault.vault_id,
      incident_id: vault.theft,
      txid: hexOf('tx') as Txid,
      height: 0xffff_ffff as Height,
    })
    for (const bytes of [holds, broadcast]) assert.ok(most(bytes).length <= MAX_RECEIPT_FRAME_BYTES)
  })

  it('of a release, with its share, fits into the ledger', () => {
    const release = seat.frame(
      1,
      'release',
      {
        incident_id: vault.theft,
        manifest_hash: vault.hash,
        envelope_id: vault.ids[0] ?? (hexOf('none') as EnvelopeId),
        to: 64 as MemberIndex,
        sealed_hash: hexOf('sealed') as Hash32,
      },
      { attachment: vault.shares[0] ?? null },
    )
    assert.ok(most(release).length <= MAX_LEDGER_FRAME_BYTES)
  })

  it('fits into a frame with the largest attachment', () => {
    const full = encodeFrame({
      signed: new Uint8Array(MAX_SIGNED_BYTES),
      signature: new Uint8Array(64),
      attachment: new Uint8Array(400_000),
    })
    assert.ok(full.length <= MAX_FRAME_BYTES)
    assert.ok(peer_id.length <= 64)
  })
})
