import assert from 'node:assert/strict'
import { OwnerKey } from '@belfry/keystore'
import { decodeManifest, signedByOwner } from '@belfry/protocol'
import {
  type EnrolmentBundle,
  countersign,
  hashOfBundle,
  makeBundle,
  readBundle,
  requireSigned,
  rewriteBundle,
  signatureBy,
  signingOf,
  signingOfBundle,
  verifier,
  withoutWrong,
} from '../../src/index.ts'
import { writeBundle } from '../../src/custody/bundle-file.ts'
import { makeFederation } from '../support/federation.ts'
import { temporaryFolder } from '../support/folder.ts'
import { testVault } from '../support/vault.ts'

describe('an enrolment that two of three owners sign', () => {
  const folder = temporaryFolder()
  const { federation, root } = makeFederation(3)
  const [bob, carol] = [OwnerKey.random(), OwnerKey.random()]
  const keys = [root, bob, carol].map(({ publicKey }) => publicKey)
  const owner = { enrol: { k: 2, keys }, announce: [], panic: { k: 1, keys } }
  let bundle: EnrolmentBundle

  before(async () => {
    using vault = testVault()
    bundle = await makeBundle({ federation, vault, root, owner })
  })

  it('names them in its manifest, and lacks one signature once it is made', () => {
    assert.deepEqual(decodeManifest(bundle.manifest.bytes).owner, { root: root.publicKey, ...owner })
    assert.deepEqual(signingOfBundle(bundle), {
      signed: [root.publicKey],
      holding: bundle.manifest.signatures,
      wrong: [],
      open: [bob.publicKey, carol.publicKey],
      lacking: 1,
    })
    assert.throws(() => requireSigned(signingOfBundle(bundle), 'ask bob'), {
      code: 'signatures-missing',
      remedy: 'ask bob',
      message: /1 more signature is needed/,
    })
  })

  it('is what members ask once either of the others has signed, and stays the same enrolment', () => {
    for (const key of [bob, carol]) {
      const signed = countersign(bundle, key)
      requireSigned(signingOfBundle(signed), '')
      const { bytes, signatures } = signed.manifest
      assert.ok(signedByOwner(verifier, 'manifest', bytes, signatures, owner.enrol))
      assert.equal(hashOfBundle(signed), hashOfBundle(bundle))
      assert.equal(countersign(signed, key).manifest.signatures.length, 2, 'one key twice is one key')
    }
  })

  it('is signed however much somebody has put among its signatures', async () => {
    const junk = Array.from({ length: 15 }, (_, at) => ({ key: `${at}`.padStart(64, '0'), signature: new Uint8Array(64) }))
    const littered = { ...bundle, manifest: { ...bundle.manifest, signatures: [...bundle.manifest.signatures, ...junk] } }
    const path = folder.file('littered.json')
    await writeBundle(path, littered)
    await rewriteBundle(path, countersign((await readBundle(path)).bundle, bob))
    assert.deepEqual(signingOfBundle((await readBundle(path)).bundle).signed, [root.publicKey, bob.publicKey])
  })

  it('is not signed by a wrong signature: it says whose that is, and sends none that members would refuse all for', () => {
    const { bytes, signatures } = countersign(bundle, carol).manifest
    const forged = { key: bob.publicKey, signature: new Uint8Array(64).fill(7) }
    const few = { ...bundle, manifest: { bytes, signatures: [forged, ...bundle.manifest.signatures] } }
    const { signed, wrong, lacking } = signingOfBundle(few)
    assert.deepEqual([signed, wrong, lacking], [[root.publicKey], [bob.publicKey], 1])
    assert.throws(() => requireSigned(signingOfBundle(few), 'ask bob'), {
      code: 'signatures-missing',
      message: new RegExp(`that of ${bob.publicKey} is wrong, and not counted`),
    })
    const enough = { ...bundle, manifest: { bytes, signatures: [forged, ...signatures] } }
    assert.deepEqual([signingOfBundle(enough).lacking, signingOfBundle(enough).wrong], [0, [bob.publicKey]])
    assert.equal(signedByOwner(verifier, 'manifest', bytes, enough.manifest.signatures, owner.enrol), false)
    assert.ok(signedByOwner(verifier, 'manifest', bytes, withoutWrong(enough).manifest.signatures, owner.enrol))
    assert.deepEqual(signingOfBundle(countersign(few, bob)).wrong, [])
  })

  it('is signed by a key that signed wrongly before', async () => {
    const path = folder.file('twice.json')
    const [right] = bundle.manifest.signatures
    assert.ok(right)
    const twice = [{ ...right, signature: new Uint8Array(64) }, right]
    await writeBundle(path, { ...bundle, manifest: { ...bundle.manifest, signatures: twice } })
    const { bundle: read } = await readBundle(path)
    assert.deepEqual(withoutWrong(read), bundle)
    assert.deepEqual(signingOfBundle(read).wrong, [])
  })

  it('takes no signature of a stranger, and none for something else', () => {
    const stranger = OwnerKey.random()
    assert.throws(() => countersign(bundle, stranger), { code: 'not-a-signer' })
    const { bytes } = bundle.manifest
    const withdrawal = signatureBy('withdraw', bytes, bob, owner.enrol)
    assert.deepEqual(signingOf('withdraw', bytes, [withdrawal], owner.enrol).signed, [bob.publicKey])
    assert.deepEqual(signingOf('manifest', bytes, [withdrawal], owner.enrol).signed, [])
  })

  it('is kept with what was signed so far', async () => {
    const path = folder.file('enrolment.json')
    await writeBundle(path, bundle)
    await rewriteBundle(path, countersign(bundle, carol))
    const { bundle: read } = await readBundle(path)
    assert.deepEqual(signingOfBundle(read).signed, [root.publicKey, carol.publicKey])
  })

  it('is signed by the keys of the generation that it follows, whatever its own are', async () => {
    using vault = testVault()
    const previous = hashOfBundle(bundle)
    const next = await makeBundle({ federation, vault, root, generation: 2, previous, signers: owner.enrol })
    assert.deepEqual(decodeManifest(next.manifest.bytes).owner.enrol, { k: 1, keys: [root.publicKey] })
    assert.equal(signingOfBundle(next).lacking, 1)
    assert.equal(signingOfBundle(countersign(next, bob)).lacking, 0)
  })
})
