import assert from 'node:assert/strict'
import { decodeManifest, envelopeLabels } from '@belfry/protocol'
import { equalBytes } from '@belfry/protocol/primitives'
import { type SignedRecoverySet, scriptsOf } from '@belfry/vault'
import { ClientError, guardedVaultOf, makeBundle } from '../../src/index.ts'
import { makeFederation } from '../support/federation.ts'
import { HEIR, testSet } from '../support/vault.ts'

const FULL = { profile: 'full', fee_coins: { anyone_can_pay: true }, dead_man: { heir: HEIR, after: 1_000 } } as const
const { federation, root } = makeFederation(3)
const guarded = (set: SignedRecoverySet) => guardedVaultOf(set, { name: 'savings', federation })

describe('guardedVaultOf', () => {
  const set = testSet('regtest', FULL)
  const part = (id: string) => set.transactions.find((one) => one.id === id) ?? assert.fail(`no ${id}`)

  it('puts every transaction into the place of its name', () => {
    using vault = guarded(set)
    const named = [
      ...vault.unvaults.flatMap(({ clawback, anyone_can_pay, anchored }) => [...clawback, anyone_can_pay, anchored]),
      ...vault.emergency,
      ...vault.dead_man,
    ]
    const labels = envelopeLabels(vault).filter((label) => label !== 'drill')
    assert.equal(labels.length, 27)
    for (const [at, label] of labels.entries()) {
      const one = named[at]
      assert.equal(one?.txid, part(label).txid, label)
      assert.ok(one.raw.use((bytes) => equalBytes(bytes, part(label).raw)))
    }
    assert.deepEqual(
      vault.unvaults.map(({ txid, vout }) => [txid, vout]),
      [0, 1, 2].map((variant) => [part(`unvault-${variant}`).txid, 0]),
    )
  })

  it('names the outputs of what a fee coin can join', () => {
    using vault = guarded(set)
    for (const [variant, { anyone_can_pay }] of vault.unvaults.entries()) {
      assert.equal(anyone_can_pay?.outputs_hash, part(`anyone-can-pay-${variant}`).outputs_hash)
    }
  })

  it('has no such places where the set has none', () => {
    using vault = guarded(testSet())
    const [unvault] = vault.unvaults
    assert.deepEqual([unvault?.anyone_can_pay, unvault?.anchored, vault.dead_man], [null, null, []])
  })

  it('says whether the coin is paid in before or after members hold the vault', () => {
    using presigned = guarded(set)
    assert.deepEqual(
      [presigned.deposit.funding, presigned.deposit.script],
      ['confirmed', scriptsOf(set.plan).deposit.script],
    )
    using ephemeral = guarded(testSet('regtest', { ...FULL, signing: 'ephemeral' }))
    assert.equal(ephemeral.deposit.funding, 'after-receipts')
  })

  it('makes a bundle whose manifest every member takes, of a full set', async () => {
    using vault = guarded(set)
    const bundle = await makeBundle({ federation, vault, root })
    const { unvaults, dead_man, emergency } = decodeManifest(bundle.manifest.bytes)
    assert.deepEqual(
      unvaults.map(({ anchored }) => anchored?.txid),
      [0, 1, 2].map((variant) => part(`anchored-${variant}`).txid),
    )
    assert.deepEqual([unvaults.length, emergency.length, dead_man.length, bundle.envelopes.length], [3, 3, 3, 28])
  })

  it('refuses a federation of another network', () => {
    assert.throws(
      () => guarded(testSet('signet')),
      (error) => error instanceof ClientError && error.code === 'wrong-network',
    )
  })

  it('wipes every transaction when it is done with', () => {
    const vault = guarded(set)
    const [first] = vault.dead_man
    vault[Symbol.dispose]()
    assert.throws(() => first?.raw.use((bytes) => bytes.length))
  })
})
