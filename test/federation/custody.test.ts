import assert from 'node:assert/strict'
import { type EnrolmentBundle, type GuardedVault, countersign, makeBundle } from '../../packages/client/src/index.ts'
import {
  type InfoRequest,
  type Manifest,
  type ManifestHash,
  decodeManifest,
  encodeManifest,
  enrolInfo,
  enrolRequest,
  envelopesOf,
  infoRequest,
  manifestHash,
  taggedHash,
} from '../../packages/protocol/src/index.ts'
import { type MemberIndex, fromHex, outpointOf, toCbor } from '../../packages/protocol/src/primitives/index.ts'
import { OwnerKey, seal, sha256 } from '../../packages/keystore/src/index.ts'
import { makeFederation, secretOf } from '../support/federation.ts'
import { Scene, clawbackTxid, emergencyTxid, testVault, transactionOf } from '../support/vaults.ts'

/** A scene at height 100 whose vault is not enrolled yet. */
async function unguarded(): Promise<Scene> {
  const scene = new Scene(makeFederation(5), testVault())
  await scene.members.start()
  await scene.connect()
  return scene
}

async function bundleOf(scene: Scene, change: Partial<GuardedVault> = {}, place: { generation?: number; previous?: ManifestHash } = {}) {
  const { federation, owner } = scene.setting
  return await makeBundle({ federation, vault: testVault(change), root: owner.root, ...place })
}

/** The same bundle with another manifest inside, signed by the owner again. */
function tampered(scene: Scene, bundle: EnrolmentBundle, change: (manifest: Manifest) => Manifest): EnrolmentBundle {
  const { root } = scene.setting.owner
  const bytes = encodeManifest(change(decodeManifest(bundle.manifest.bytes)))
  const signature = root.signSchnorr(taggedHash({ sha256 }, 'manifest', bytes))
  return { ...bundle, manifest: { bytes, signatures: [{ key: root.publicKey, signature }] } }
}

/** The first member's shares of one bundle, sealed to it for the manifest of another. */
function resealed({ setting: { federation, keys } }: Scene, from: EnrolmentBundle, to: EnrolmentBundle): Uint8Array[] {
  const { index: recipient, node_key, encryption_key } = federation.memberOf(1 as MemberIndex)
  const mine = keys.find(({ nodePublicKey }) => nodePublicKey === node_key)
  assert.ok(mine)
  const infoIn = ({ manifest }: EnrolmentBundle, at: number): Uint8Array => {
    const envelope = envelopesOf(decodeManifest(manifest.bytes))[at]
    assert.ok(envelope)
    const { lock_hash } = federation
    return enrolInfo({ sha256 }, { lock_hash, manifest_hash: manifestHash({ sha256 }, manifest.bytes), envelope_id: envelope.envelope_id, recipient })
  }
  return (from.shares[0] ?? []).map((sealed, at) => {
    using plaintext = mine.open(sealed, { info: infoIn(from, at) })
    return seal({ recipientPublicKey: fromHex(encryption_key), info: infoIn(to, at), plaintext })
  })
}

async function codeOf(scene: Scene, bundle: EnrolmentBundle, member = 1): Promise<string> {
  const answer = await scene.sendManifest(member, bundle)
  return answer.answer === 'refused' ? answer.code : answer.answer
}

const other = 'ab'.repeat(32)

describe('an enrolment', () => {
  it('is answered with the same receipt when it comes again', async () => {
    const scene = await unguarded()
    const bundle = await bundleOf(scene)
    const first = await scene.sendManifest(1, bundle)
    const again = await scene.sendManifest(1, bundle)
    assert.equal(first.answer, 'receipt')
    assert.deepEqual(again, first)
  })

  it('is refused, each for its own reason, and leaves nothing behind', async () => {
    const scene = await unguarded()
    const bundle = await bundleOf(scene)
    const with_ = (change: (manifest: Manifest) => Manifest) => tampered(scene, bundle, change)
    const cases: [string, EnrolmentBundle][] = [
      ['wrong-lock', with_((one) => ({ ...one, lock_hash: other as never }))],
      ['wrong-epoch', with_((one) => ({ ...one, epoch: 3 }))],
      ['wrong-vault-id', with_((one) => ({ ...one, vault_id: other as never }))],
      ['csv-too-short', with_((one) => ({ ...one, csv: 11 }))],
      ['owner-not-admitted', with_((one) => ({ ...one, owner: { ...one.owner, root: other } }))],
      ['enrolment-keys-unsound', with_((one) => ({ ...one, owner: { ...one.owner, enrol: { k: 2, keys: one.owner.enrol.keys } } }))],
      ['root-not-among-enrolment-keys', with_((one) => ({ ...one, owner: { ...one.owner, enrol: { k: 1, keys: [other] } } }))],
      ['ladder-unsound', with_((one) => ({ ...one, emergency: one.emergency.toReversed() }))],
      ['shares-incomplete', with_((one) => ({ ...one, drill: { ...one.drill, shares: one.drill.shares.slice(1) } }))],
      ['envelope-id-wrong', with_((one) => ({ ...one, drill: { ...one.drill, envelope_id: other as never } }))],
      ['previous-differs', with_((one) => ({ ...one, previous: other as never }))],
      ['envelopes-differ', { ...bundle, envelopes: bundle.envelopes.toReversed() }],
      ['share-does-not-open', { ...bundle, shares: bundle.shares.toReversed() }],
      ['signatures-missing', { ...bundle, manifest: { ...bundle.manifest, signatures: [{ key: other, signature: new Uint8Array(64) }] } }],
    ]
    for (const [code, wrong] of cases) assert.equal(await codeOf(scene, wrong), code, code)
    assert.equal(scene.members.state(1).durable.vaults.size, 0)
    assert.equal(scene.members.state(1).durable.ledger.size, 0)
    assert.equal(await codeOf(scene, bundle), 'receipt')
  })

  it('is refused where a share opens, but is not the one committed to', async () => {
    const scene = await unguarded()
    const bundle = await bundleOf(scene)
    const spoilt = tampered(scene, bundle, (one) => ({
      ...one,
      drill: { ...one.drill, shares: one.drill.shares.map((share) => ({ ...share, hash: other as never })) },
    }))
    // The shares are sealed under the manifest's hash, so that those of another manifest do not even open.
    assert.equal(await codeOf(scene, spoilt), 'share-does-not-open')
    assert.equal(await codeOf(scene, { ...spoilt, shares: [resealed(scene, bundle, spoilt)] }), 'share-not-committed')
    assert.equal(scene.members.state(1).durable.vaults.size, 0)
  })

  it('is refused to an owner that this member has not admitted', async () => {
    const scene = await unguarded()
    const stranger = new OwnerKey(secretOf('stranger', 32))
    const bundle = await makeBundle({ federation: scene.setting.federation, vault: scene.vault, root: stranger })
    assert.equal(await codeOf(scene, bundle), 'owner-not-admitted')
  })

  it('is refused as malformed when its bytes are', async () => {
    const scene = await unguarded()
    for (const bytes of [new Uint8Array(), new Uint8Array([0xa0]), fromHex('ff'.repeat(64))]) {
      for (const protocol of ['enrol', 'info'] as const) {
        const answer = await scene.members.request(scene.index(1), protocol, bytes)
        assert.equal(answer.answer === 'refused' && answer.code, 'malformed-request')
      }
    }
  })
})

describe('a manifest', () => {
  it('activates at once in the first generation, with receipts enough even for b liars', async () => {
    const scene = await unguarded()
    const bundle = await bundleOf(scene)
    scene.bundle = bundle
    const receipts: Uint8Array[] = []
    for (const member of [1, 2, 3]) {
      const answer = await scene.sendManifest(member, bundle)
      if (answer.answer === 'receipt') receipts.push(answer.frame)
    }
    const publish = async () => {
      const request = { request: 'bundle' as const, manifest_hash: scene.manifest_hash, receipts }
      return await scene.members.request(scene.index(1), 'enrol', toCbor(enrolRequest, request))
    }
    const early = await publish()
    assert.equal(early.answer === 'refused' && early.code, 'bundle-incomplete')
    const fourth = await scene.sendManifest(4, bundle)
    if (fourth.answer === 'receipt') receipts.push(fourth.frame)
    assert.deepEqual(await publish(), { answer: 'state', state: 'active' })
  })

  it('does not count receipts twice, nor those of another manifest', async () => {
    const scene = await Scene.guarded()
    const next = await bundleOf(scene, { csv: 200 }, { generation: 2, previous: scene.manifest_hash })
    const mine = await scene.sendManifest(1, next)
    assert.equal(mine.answer, 'receipt')
    const old = await scene.sendManifest(1, scene.bundle ?? next)
    assert.ok(mine.answer === 'receipt' && old.answer === 'receipt')
    const receipts = [mine.frame, mine.frame, old.frame, new Uint8Array([1])]
    const manifest_hash = manifestHash({ sha256 }, next.manifest.bytes)
    const request = { request: 'bundle' as const, manifest_hash, receipts }
    const answer = await scene.members.request(scene.index(1), 'enrol', toCbor(enrolRequest, request))
    assert.equal(answer.answer === 'refused' && answer.code, 'bundle-incomplete')
  })

  it('follows the active one by one generation, once, after notice; and the old one stays armed', async () => {
    const scene = await Scene.guarded()
    const first = scene.manifest_hash
    assert.equal(await codeOf(scene, await bundleOf(scene, { csv: 200 }, { generation: 3, previous: first })), 'generation-not-next')
    assert.equal(await codeOf(scene, await bundleOf(scene, { csv: 200 }, { generation: 1 })), 'generation-not-next')
    const second = await bundleOf(scene, { csv: 200 }, { generation: 2, previous: first })
    const receipts: Uint8Array[] = []
    for (let member = 1; member <= 5; member++) {
      const answer = await scene.sendManifest(member, second)
      if (answer.answer === 'receipt') receipts.push(answer.frame)
    }
    const rival = await bundleOf(scene, { csv: 201 }, { generation: 2, previous: first })
    assert.equal(await codeOf(scene, rival), 'generation-taken')
    assert.equal(scene.tells('second-manifest-of-a-generation')[0]?.level, 'error')
    const manifest_hash = manifestHash({ sha256 }, second.manifest.bytes)
    const request = { request: 'bundle' as const, manifest_hash, receipts }
    for (let member = 1; member <= 5; member++) {
      const answer = await scene.members.request(scene.index(member), 'enrol', toCbor(enrolRequest, request))
      assert.deepEqual(answer, { answer: 'state', state: 'waiting' })
    }
    await scene.connect()
    const [vault] = scene.members.state(1).durable.vaults.values()
    assert.equal(vault?.active, manifest_hash)
    assert.equal(vault?.manifests.length, 2)
  })

  it('makes room for another of its generation only when it is withdrawn, and stays armed', async () => {
    const scene = await Scene.guarded()
    const { root } = scene.setting.owner
    const previous = scene.manifest_hash
    const second = await bundleOf(scene, { csv: 200 }, { generation: 2, previous })
    const rival = await bundleOf(scene, { csv: 201 }, { generation: 2, previous })
    assert.equal(await codeOf(scene, second), 'receipt')
    assert.equal(await codeOf(scene, rival), 'generation-taken')
    const signature = root.signSchnorr(taggedHash({ sha256 }, 'withdraw', second.manifest.bytes))
    const request = {
      request: 'withdraw' as const,
      manifest_hash: manifestHash({ sha256 }, second.manifest.bytes),
      signatures: [{ key: root.publicKey, signature }],
    }
    const answer = await scene.members.request(scene.index(1), 'enrol', toCbor(enrolRequest, request))
    assert.deepEqual(answer, { answer: 'state', state: 'withdrawn' })
    assert.equal(await codeOf(scene, rival), 'receipt')
    const [vault] = scene.members.state(1).durable.vaults.values()
    assert.equal(vault?.manifests.length, 3)
  })

  it('that never activated makes its unvault a theft and a cold-theft at once', async () => {
    const scene = await unguarded()
    const bundle = await bundleOf(scene)
    for (let member = 1; member <= 5; member++) assert.equal(await codeOf(scene, bundle, member), 'receipt')
    await scene.theftConfirmed()
    const kinds = new Set(scene.tells('incident-opened').map(({ detail }) => detail))
    assert.deepEqual(kinds, new Set(['theft', 'cold-theft']))
    const sent = new Set(scene.broadcast().map(({ txid }) => txid))
    assert.ok(sent.has(clawbackTxid(2)))
  })
})

describe('a deposit that moves while a member verifies its enrolment', () => {
  it('is refused, for the spend came before anything was armed to notice it', async () => {
    const scene = await unguarded()
    const bundle = await bundleOf(scene)
    const answer = scene.members.requestAndMeanwhile(scene.index(1), 'enrol', toCbor(enrolRequest, {
      request: 'manifest',
      manifest: bundle.manifest,
      envelopes: bundle.envelopes,
      shares: bundle.shares[0] ?? [],
    }), {
      kind: 'chain',
      event: { event: 'spend-seen', outpoint: scene.deposit, tx: scene.vault.unvault },
    })
    assert.equal(await answer.then((one) => one.answer === 'refused' && one.code), 'deposit-spent')
    assert.equal(scene.members.state(1).durable.vaults.size, 0)
  })
})

describe('a vault whose coin is paid in after the receipts', () => {
  const later = { deposit: { ...testVault().deposit, funding: 'after-receipts' as const } }

  async function told(scene: Scene): Promise<string[]> {
    const all: string[] = []
    const wanted: InfoRequest = { what: 'vaults' }
    for (let member = 1; member <= 5; member++) {
      const answer = await scene.members.request(scene.index(member), 'info', toCbor(infoRequest, wanted))
      if (answer.answer === 'vaults') all.push(...answer.vaults.map(({ deposit }) => deposit))
    }
    return all
  }

  it('is guarded before it is funded, and says so until the coin is there', async () => {
    const scene = await Scene.guarded({ vault: later })
    await scene.connect()
    assert.deepEqual(await told(scene), Array(5).fill('awaited'))
    assert.deepEqual(scene.tells('deposit-funded'), [])
    scene.members.depositSeen = 'deposit'
    await scene.connectMany(2)
    assert.deepEqual(await told(scene), Array(5).fill('there'))
    assert.equal(scene.tells('deposit-funded').length, 5, 'once by each member')
    await scene.theftConfirmed()
    assert.equal(scene.tells('incident-opened')[0]?.detail, 'theft')
  })

  it('is funded where what spends it is all that is seen of the coin', async () => {
    const scene = await Scene.guarded({ vault: later })
    await scene.theftConfirmed()
    assert.deepEqual(await told(scene), Array(5).fill('there'))
    assert.ok(scene.broadcast().some(({ txid }) => txid === clawbackTxid(2)))
  })

  it('raises an alarm where another coin is paid in than was meant', async () => {
    const scene = await Scene.guarded({ vault: later })
    scene.members.depositSeen = 'other'
    await scene.connectMany(2)
    assert.deepEqual(scene.tells('deposit-differs').map(({ level }) => level), Array(5).fill('error'))
    assert.deepEqual(await told(scene), Array(5).fill('differs'))
  })

  it('is none of those that were looked at before', async () => {
    const scene = await Scene.guarded()
    assert.deepEqual(await told(scene), Array(5).fill('there'))
  })
})

describe('a vault of another custody scheme', () => {
  const { emergency } = testVault()

  it('may have dead-man transactions alone: a theft of it is told, and nothing is sent', async () => {
    const scene = await Scene.guarded({ vault: { unvaults: [], emergency: [], dead_man: emergency } })
    const thief = transactionOf('a thief')
    await scene.connect([{ outpoint: scene.deposit, tx: thief }])
    assert.deepEqual(new Set(scene.tells('incident-opened').map(({ detail }) => detail)), new Set(['cold-theft']))
    assert.deepEqual(scene.broadcast(), [])
  })

  it('may have no unvault: whatever spends it is answered by its emergency ladder', async () => {
    const scene = await Scene.guarded({ vault: { unvaults: [] } })
    await scene.members.chain({ event: 'spend-seen', outpoint: scene.deposit, tx: transactionOf('a thief') })
    assert.ok(scene.broadcast().some(({ txid }) => txid === emergencyTxid(250)))
  })

  it('may be claimed back from an output of its unvault that is not the first', async () => {
    const [unvault] = testVault().unvaults
    assert.ok(unvault)
    const scene = await Scene.guarded({ vault: { unvaults: [{ ...unvault, vout: 2 }] } })
    await scene.theftConfirmed()
    const [vault] = scene.members.state(1).durable.vaults.values()
    assert.ok(vault?.coins.has(outpointOf(scene.vault.unvault.txid, 2)))
    assert.ok(scene.broadcast().some(({ txid }) => txid === clawbackTxid(2)))
  })
})

describe('an enrolment of several owners', () => {
  const bob = new OwnerKey(secretOf('bob', 32))

  it('is taken once as many have signed as the generation before asks, whatever it asks itself', async () => {
    const scene = await unguarded()
    const { federation, owner } = scene.setting
    const keys = [owner.root.publicKey, bob.publicKey]
    const both = { enrol: { k: 2, keys }, announce: [], panic: { k: 1, keys } }
    const first = await makeBundle({ federation, vault: scene.vault, root: owner.root, owner: both })
    assert.equal(await codeOf(scene, first), 'signatures-missing')
    const receipts: Uint8Array[] = []
    for (let member = 1; member <= 5; member++) {
      const answer = await scene.sendManifest(member, countersign(first, bob))
      if (answer.answer === 'receipt') receipts.push(answer.frame)
    }
    const previous = manifestHash({ sha256 }, first.manifest.bytes)
    const request = { request: 'bundle' as const, manifest_hash: previous, receipts }
    for (let member = 1; member <= 5; member++)
      await scene.members.request(scene.index(member), 'enrol', toCbor(enrolRequest, request))

    // The next one would have one owner again: that, too, both must sign.
    const alone = { federation, vault: testVault({ csv: 200 }), root: owner.root, generation: 2, previous, signers: both.enrol }
    const second = await makeBundle(alone)
    assert.equal(await codeOf(scene, second), 'signatures-missing')
    assert.equal(await codeOf(scene, countersign(second, bob)), 'receipt')
  })
})
