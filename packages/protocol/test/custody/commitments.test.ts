import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { SHARE_BYTES, commitToShare, s, taggedHash, toHex } from '../../src/index.ts'
import { type EnvelopeId, type MemberIndex, type VaultId, toCbor } from '../../src/primitives/index.ts'
import { hasher, hexOf } from '../core/setting.ts'

const context = { vault_id: hexOf('vault') as VaultId, generation: 1, envelope_id: hexOf('envelope') as EnvelopeId, member: 3 as MemberIndex }
const share = new Uint8Array(SHARE_BYTES).fill(5)

describe('the commitment to a share', () => {
  it('is over its context and the share as it is, of which no encoding is made', () => {
    const id = s.hex(32)
    const encoded = toCbor(s.struct({ vault_id: id, generation: s.uint(9), envelope_id: id, member: s.memberIndex }), context)
    assert.equal(commitToShare(hasher, { ...context, share }), toHex(taggedHash(hasher, 'share', encoded, share)))
  })

  it('is to every byte of it, and to all of the context', () => {
    const mine = commitToShare(hasher, { ...context, share })
    fc.assert(
      fc.property(fc.nat(SHARE_BYTES - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        assert.notEqual(commitToShare(hasher, { ...context, share: share.with(at, (share[at] ?? 0) ^ flip) }), mine)
      }),
    )
    const changes = [{ vault_id: hexOf('other') as VaultId }, { generation: 2 }, { envelope_id: hexOf('other') as EnvelopeId }, { member: 4 as MemberIndex }]
    for (const change of changes) assert.notEqual(commitToShare(hasher, { ...context, ...change, share }), mine)
  })
})
