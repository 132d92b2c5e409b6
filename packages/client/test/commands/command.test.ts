import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { stat, writeFile, readFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { OwnerKey, SecretBytes } from '@belfry/keystore'
import { type Manifest, type Order, decodeSignedCommand, encodeSignedCommand } from '@belfry/protocol'
import type { BlockHash, Height, VaultId } from '@belfry/protocol/primitives'
import {
  hashOfCommand,
  lastHeightFor,
  makeCommand,
  quorumFor,
  readCommand,
  readCommandFile,
  requireCommandFits,
  signCommand,
  signersOf,
  withoutForged,
  writeCommandFile,
} from '../../src/index.ts'
import { makeFederation } from '../support/federation.ts'
import { temporaryFolder } from '../support/folder.ts'

const { federation } = makeFederation(3)
const VAULT = 'ab'.repeat(32) as VaultId
const ANCHOR = { height: 800 as Height, hash: 'cd'.repeat(32) as BlockHash }

function keyOf(label: string): OwnerKey {
  return new OwnerKey(SecretBytes.from(new Uint8Array(createHash('sha256').update(`command test/${label}`).digest())))
}

const [ALICE, BOB] = [keyOf('alice'), keyOf('bob')]
const panic = (what: Order = { order: 'panic' }): Uint8Array => makeCommand({ federation, vault_id: VAULT, anchor: ANCHOR, what })

describe('an order', () => {
  it('is another command each time, although it orders the same', () => {
    const [one, two] = [panic(), panic()]
    assert.notEqual(hashOfCommand({ bytes: one }), hashOfCommand({ bytes: two }))
    const { vault_id, anchor, what, lock_hash } = readCommand({ bytes: one })
    assert.deepEqual({ vault_id, anchor, what, lock_hash }, { vault_id: VAULT, anchor: ANCHOR, what: { order: 'panic' }, lock_hash: federation.lock_hash })
  })

  it('holds the signatures of several keys, each once, and of no other bytes', () => {
    const bytes = panic()
    const one = signCommand({ bytes, signatures: [] }, ALICE)
    const both = signCommand(signCommand(one, BOB), ALICE)
    assert.deepEqual(signersOf(both), [BOB.publicKey, ALICE.publicKey])
    assert.deepEqual(signersOf({ ...both, bytes: panic() }), [])
    assert.deepEqual(decodeSignedCommand(encodeSignedCommand(both)), both)
  })

  it('loses what is no signature once another key signs: members refuse an order with a forged one among them', () => {
    const forged = { key: BOB.publicKey, signature: new Uint8Array(64) }
    const signed = signCommand({ bytes: panic(), signatures: [forged] }, ALICE)
    assert.deepEqual(signed.signatures.map(({ key }) => key), [ALICE.publicKey])
    assert.deepEqual(withoutForged({ ...signed, signatures: [forged, ...signed.signatures] }), signed)
  })

  it('names only signers whose signature holds, whatever was changed on the way', () => {
    const signed = signCommand({ bytes: panic(), signatures: [] }, ALICE)
    fc.assert(
      fc.property(fc.nat({ max: signed.bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = signed.bytes.slice()
        bytes[at] = (bytes[at] ?? 0) ^ flip
        assert.deepEqual(signersOf({ ...signed, bytes }), [])
      }),
    )
  })

  it('is taken until twelve blocks after its anchor was six deep', () => {
    assert.equal(lastHeightFor(readCommand({ bytes: panic() })), ANCHOR.height + 18)
  })

  it('is refused for another federation', () => {
    const other = makeFederation(4).federation
    assert.throws(() => requireCommandFits({ bytes: panic() }, other), { code: 'wrong-federation' })
    assert.throws(() => requireCommandFits({ bytes: Uint8Array.of(1, 2) }, federation), { code: 'command-malformed' })
  })

  it('asks the keys that the manifest names for it', () => {
    const owner = { root: 'r', enrol: { k: 2, keys: ['a', 'b', 'c'] }, announce: ['n'], panic: { k: 3, keys: ['a', 'g', 'h'] } }
    const manifest = { owner } as unknown as Manifest
    assert.equal(quorumFor(manifest, 'panic').k, 3)
    assert.deepEqual(quorumFor(manifest, 'revoke'), { k: 2, keys: ['a', 'b', 'c'] })
    assert.equal(quorumFor(manifest, 'drill').k, 1)
  })
})

describe('the file of an order', () => {
  const folder = temporaryFolder()

  it('carries the very bytes that were signed, for this user alone', async () => {
    const path = folder.file('panic.json')
    const signed = signCommand({ bytes: panic(), signatures: [] }, ALICE)
    await writeCommandFile(path, signed)
    assert.deepEqual(await readCommandFile(path), { signed, wrong: [] })
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    await assert.rejects(writeCommandFile(path, signed), { code: 'file-exists' })
    await writeCommandFile(path, signCommand(signed, BOB), { force: true })
    assert.equal(signersOf((await readCommandFile(path)).signed).length, 2)
  })

  it('is read without a wrong signature, and says whose that was', async () => {
    const path = folder.file('tampered.json')
    const signed = signCommand({ bytes: panic(), signatures: [] }, ALICE)
    const forged = { key: BOB.publicKey, signature: new Uint8Array(64) }
    await writeCommandFile(path, { ...signed, signatures: [forged, ...signed.signatures] })
    assert.deepEqual(await readCommandFile(path), { signed, wrong: [BOB.publicKey] })
    // One that holds beside one that does not is enough.
    const both = signCommand(signed, BOB)
    await writeCommandFile(path, { ...both, signatures: [forged, ...both.signatures] }, { force: true })
    assert.deepEqual(await readCommandFile(path), { signed: both, wrong: [] })
  })

  it('is refused where what a person reads is not what is signed', async () => {
    const path = folder.file('command.json')
    await writeCommandFile(path, signCommand({ bytes: panic(), signatures: [] }, ALICE))
    const text = await readFile(path, 'utf8')
    for (const lie of [text.replace('"panic"', '"drill"'), text.replace(VAULT, '12'.repeat(32))]) {
      assert.notEqual(lie, text)
      await writeFile(path, lie)
      await assert.rejects(readCommandFile(path), { code: 'file-malformed' })
    }
    await writeCommandFile(path, { bytes: panic(), signatures: [{ key: BOB.publicKey, signature: new Uint8Array(64) }] }, { force: true })
    await assert.rejects(readCommandFile(path), { code: 'file-malformed', message: new RegExp(`no signature in it holds \\(of ${BOB.publicKey}\\)`) })
    await writeFile(path, '{"format":"belfry-owner-command","version":2}')
    await assert.rejects(readCommandFile(path), { code: 'file-malformed' })
  })
})
