import assert from 'node:assert/strict'
import { SecretBytes } from '@belfry/keystore'
import type { VaultId } from '@belfry/protocol/primitives'
import { type Content, type DealtEnvelope, type Dealing, dealEnvelope, proveOpens } from '../../src/custody/dealing.ts'
import { makeFederation } from '../support/federation.ts'

const MEMBERS = 7

describe('a dealt envelope', () => {
  const { federation } = makeFederation(MEMBERS, { thresholds: { b: 1, clawback: { q: 5, t: 2 } } })
  const dealing: Dealing = { federation, vault_id: 'ab'.repeat(32) as VaultId, generation: 1 }
  const content: Content = { label: 'drill', action: 'clawback', txid: null, plaintext: SecretBytes.random(256) }
  let dealt: DealtEnvelope

  beforeEach(async () => {
    dealt = await dealEnvelope(dealing, content)
  })

  it('opens from its shares', async () => {
    await proveOpens(dealing, content, dealt)
  })

  for (let at = 0; at < MEMBERS; at++) {
    it(`is not proven where the share of member ${at + 1} is none of it`, async () => {
      const share = dealt.shares[at] ?? assert.fail()
      const shares = dealt.shares.with(
        at,
        share.use((bytes) => SecretBytes.from(bytes.with(0, (bytes[0] ?? 0) ^ 1))),
      )
      await assert.rejects(proveOpens(dealing, content, { ...dealt, shares }), { code: 'bundle-broken' })
    })
  }
})
