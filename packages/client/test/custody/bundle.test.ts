import assert from 'node:assert/strict'
import { SecretBytes, combineShares, openEnvelope } from '@belfry/keystore'
import {
  SHARE_BYTES,
  checkManifest,
  commitToKey,
  commitToShare,
  decodeManifest,
  enrolInfo,
  envelopeAad,
  envelopesOf,
  hashOfEnvelope,
  rungsOf,
} from '@belfry/protocol'
import type { Feerate, Txid } from '@belfry/protocol/primitives'
import { decodeTransaction } from '@belfry/vault'
import { type EnrolmentBundle, guardedVaultOf, hashOfBundle, makeBundle, verifier } from '../../src/index.ts'
import { makeFederation } from '../support/federation.ts'
import { testSet, testVault } from '../support/vault.ts'

describe('an enrolment bundle', () => {
  const setting = makeFederation(5)
  const { federation, keys, root } = setting
  let bundle: EnrolmentBundle
  const progress: string[] = []

  before(async () => {
    using vault = testVault()
    bundle = await makeBundle({ federation, vault, root }, (done, of) => progress.push(`${done}/${of}`))
  })

  it('carries a manifest that every member takes', () => {
    const manifest = decodeManifest(bundle.manifest.bytes)
    assert.equal(checkManifest(verifier, federation, manifest), null)
    assert.equal(manifest.name, 'savings')
    assert.deepEqual(
      manifest.unvaults.map(({ clawback }) => clawback.map(({ feerate }) => feerate)),
      [[2_000, 10_000, 50_000, 250_000]],
    )
    assert.equal(progress.at(-1), '7/7', 'four clawbacks, two emergencies and the drill')
  })

  it('gives every member shares of its own that match their commitments, and opens for no other', () => {
    const manifest = decodeManifest(bundle.manifest.bytes)
    const { vault_id, generation } = manifest
    envelopesOf(manifest).forEach(({ envelope_id, shares }, at) => {
      assert.equal(
        hashOfEnvelope(verifier, bundle.envelopes[at] ?? new Uint8Array(0)),
        envelopesOf(manifest)[at]?.envelope_hash,
      )
      for (const { member, x, hash } of shares) {
        using share = openShare(member, at)
        share.use((bytes) => {
          assert.equal(bytes[SHARE_BYTES - 1], x)
          assert.equal(commitToShare(verifier, { vault_id, generation, envelope_id, member, share: bytes }), hash)
        })
        assert.throws(() => openShare(member, at, (member % 5) + 1), { code: 'sealed-not-openable' })
      }
    })
  })

  it('opens to the signed transactions from any three members, and not from two', async () => {
    const manifest = decodeManifest(bundle.manifest.bytes)
    const { vault_id, generation } = manifest
    for (const members of [
      [1, 2, 3],
      [3, 4, 5],
      [1, 3, 5],
    ]) {
      for (const [at, { envelope_id, key_hash, txid }] of rungsOf(manifest).entries()) {
        const shares = members.map((member) => openShare(member, at))
        using key = await combineShares(shares)
        assert.equal(
          key.use((bytes) => commitToKey(verifier, bytes)),
          key_hash,
        )
        using opened = openEnvelope(
          key,
          envelopeAad({ vault_id, generation, envelope_id, txid }),
          bundle.envelopes[at] ?? new Uint8Array(0),
        )
        assert.equal(
          opened.use((bytes) => decodeTransaction(bytes).txid),
          txid,
        )
      }
    }
    const [{ key_hash } = assert.fail()] = rungsOf(manifest)
    using guess = await combineShares([1, 2].map((member) => openShare(member, 0)))
    assert.notEqual(
      guess.use((bytes) => commitToKey(verifier, bytes)),
      key_hash,
    )
  })

  it('is another one each time: no envelope key is used twice', async () => {
    using vault = testVault()
    const again = await makeBundle({ federation, vault, root })
    assert.notEqual(hashOfBundle(again), hashOfBundle(bundle))
    for (const [at, envelope] of again.envelopes.entries()) assert.notDeepEqual(envelope, bundle.envelopes[at])
  })

  it('holds no transaction in the clear', () => {
    const set = testSet()
    const sent = Buffer.concat([bundle.manifest.bytes, ...bundle.envelopes, ...bundle.shares.flat()])
    for (const { raw } of set.transactions) {
      assert.ok(!sent.includes(Buffer.from(raw)))
      assert.ok(!sent.includes(Buffer.from(raw.subarray(-64))), 'nor a part of its witness')
    }
  })

  it('is made for the federation of the same network only', () => {
    const other = makeFederation(5, { network: 'signet' }).federation
    assert.throws(() => guardedVaultOf(testSet(), { name: 'x', federation: other }), { code: 'wrong-network' })
  })

  it('is refused before anything is sent where the federation would refuse it', async () => {
    using vault = testVault()
    await assert.rejects(makeBundle({ federation, vault: { ...vault, csv: 11 }, root }), {
      code: 'bundle-broken',
      message: /csv-too-short/,
    })
    const twice = { ...vault, emergency: [...vault.emergency].toReversed() }
    await assert.rejects(makeBundle({ federation, vault: twice, root }), {
      code: 'bundle-broken',
      message: /ladder-unsound/,
    })
  })

  it('is refused where the plan has more rungs than a manifest', async () => {
    using vault = testVault()
    const [rung = assert.fail()] = vault.emergency
    const emergency = Array.from({ length: 9 }, (_, at) => ({
      ...rung,
      feerate: (10_000 + at) as Feerate,
      txid: `${at}`.repeat(64) as Txid,
    }))
    await assert.rejects(makeBundle({ federation, vault: { ...vault, emergency }, root }), {
      code: 'bundle-broken',
      message: /does not fit into a manifest/,
    })
    await assert.rejects(makeBundle({ federation, vault: { ...vault, name: 'x'.repeat(65) }, root }), {
      code: 'bundle-broken',
    })
  })

  it('wipes the transactions that it was made from when told to', () => {
    const vault = testVault()
    const [rung = assert.fail()] = vault.emergency
    assert.ok(rung.raw instanceof SecretBytes && !rung.raw.wiped)
    vault[Symbol.dispose]()
    assert.ok(rung.raw.wiped)
  })

  /** @param by the member whose key is tried; its own by default */
  function openShare(member: number, at: number, by = member): SecretBytes {
    const manifest = decodeManifest(bundle.manifest.bytes)
    const { envelope_id } = envelopesOf(manifest)[at] ?? assert.fail()
    const info = enrolInfo(verifier, {
      lock_hash: federation.lock_hash,
      manifest_hash: hashOfBundle(bundle),
      envelope_id,
      recipient: member as never,
    })
    return (keys[by - 1] ?? assert.fail()).open(bundle.shares[member - 1]?.[at] ?? new Uint8Array(0), { info })
  }
})
