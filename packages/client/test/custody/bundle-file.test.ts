import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { encodeManifest, taggedHash } from '@belfry/protocol'
import type { VaultId } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import {
  ClientError,
  type EnrolmentBundle,
  hashOfBundle,
  makeBundle,
  readBundle,
  readReceipts,
  resumeOrStore,
  verifier,
  writeReceipts,
} from '../../src/index.ts'
import { requireBundleFits, writeBundle } from '../../src/custody/bundle-file.ts'
import { makeFederation } from '../support/federation.ts'
import { temporaryFolder } from '../support/folder.ts'
import { testVault } from '../support/vault.ts'

describe('enrolment.json', () => {
  const folder = temporaryFolder()
  const { federation, root } = makeFederation(3)
  let bundle: EnrolmentBundle

  before(async () => {
    using vault = testVault()
    bundle = await makeBundle({ federation, vault, root })
  })

  it('gives back the very bytes that were stored', async () => {
    const path = folder.file('enrolment.json')
    await writeBundle(path, bundle)
    const stored = await readBundle(path)
    assert.deepEqual(stored.bundle, bundle)
    assert.equal(stored.manifest.name, 'savings')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    await assert.rejects(writeBundle(path, bundle), { code: 'file-exists' })
  })

  it('is made once, and resumed from then on', async () => {
    const place = { path: folder.file('enrolment.json'), federation, root: root.publicKey }
    const first = await resumeOrStore(place, async () => bundle)
    assert.equal(first.resumed, false)
    const second = await resumeOrStore(place, () => assert.fail('made twice'))
    assert.equal(second.resumed, true)
    assert.equal(hashOfBundle(second.bundle), hashOfBundle(bundle))
  })

  it('is not sent to another federation, nor by another owner', async () => {
    const { manifest } = await storedBundle()
    requireBundleFits(manifest, federation, root.publicKey)
    assert.throws(() => requireBundleFits(manifest, makeFederation(3, { name: 'other' }).federation, root.publicKey), {
      code: 'wrong-federation',
    })
    assert.throws(() => requireBundleFits(manifest, federation, 'ab'.repeat(32)), { code: 'wrong-owner' })
  })

  it('is refused where its manifest is not the one that was signed', async () => {
    const path = folder.file('forged.json')
    const bytes = bundle.manifest.bytes.slice()
    const at = Buffer.from(bytes).indexOf('savings')
    bytes[at] = 'S'.charCodeAt(0)
    await writeBundle(path, { ...bundle, manifest: { ...bundle.manifest, bytes } })
    await assert.rejects(readBundle(path), { code: 'file-malformed', message: /not signed by the root key that it names/ })
  })

  it('is refused where it names another vault than its coin and owner make, or asks other keys than its own for a first generation', async () => {
    const path = folder.file('false.json')
    const { manifest } = await storedBundle()
    const bytes = encodeManifest({ ...manifest, vault_id: 'ab'.repeat(32) as VaultId })
    const signature = root.signSchnorr(taggedHash(verifier, 'manifest', bytes))
    await writeBundle(path, { ...bundle, manifest: { bytes, signatures: [{ key: root.publicKey, signature }] } })
    await assert.rejects(readBundle(path), { code: 'file-malformed', message: /vault/ })

    const asking = folder.file('asking.json')
    await writeBundle(asking, { ...bundle, signers: { k: 1, keys: ['cd'.repeat(32)] } })
    await assert.rejects(readBundle(asking), { code: 'file-malformed', message: /enrolment keys/ })
  })

  it('is refused, and never crashes, whatever is in the file', async () => {
    const path = folder.file('fuzz.json')
    const { text } = await storedBundle()
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .tuple(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 3 }))
        .map(([at, put]) => text.slice(0, at) + put + text.slice(at + put.length)),
      fc.nat(text.length).map((length) => text.slice(0, length)),
    )
    await fc.assert(
      fc.asyncProperty(anything, async (content) => {
        await writeFile(path, content)
        const read = await readBundle(path).then(
          ({ bundle: found }) => hashOfBundle(found),
          (error: unknown) => error,
        )
        // Only the envelopes and shares can be changed without the signature noticing; members notice these.
        assert.ok(read === hashOfBundle(bundle) || read instanceof ClientError, String(read))
      }),
      { numRuns: 200 },
    )
  })

  async function storedBundle() {
    const path = folder.file('enrolment.json')
    await writeBundle(path, bundle)
    return { text: await readFile(path, 'utf8'), ...(await readBundle(path)) }
  }
})

describe('the receipts file', () => {
  const folder = temporaryFolder()
  const manifest_hash = 'ab'.repeat(32) as Parameters<typeof writeReceipts>[1]['manifest_hash']

  it('keeps what members signed, and takes what comes later', async () => {
    const path = folder.file('receipts.json')
    await writeReceipts(path, { manifest_hash, receipts: [Uint8Array.of(1, 2)] })
    const later = { manifest_hash, receipts: [Uint8Array.of(1, 2), Uint8Array.of(3)] }
    await writeReceipts(path, later)
    assert.deepEqual(await readReceipts(path), later)
  })

  it('is refused where it is none', async () => {
    await writeFile(folder.file('none'), '{"format":"belfry-receipts","version":1}')
    await assert.rejects(readReceipts(folder.file('none')), { code: 'file-malformed' })
  })
})
