import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  cardDigest,
  checkDefinition,
  consentDigest,
  lockSchema,
  parseCard,
  parseChange,
  parseConsent,
  parseDefinition,
  parseLock,
  parseLockSignature,
  toCbor,
  verifyCard,
  verifyLock,
  verifySuccession,
} from '../../src/index.ts'
import { ports } from './fixture.ts'
import { goldenFiles } from './golden/files.ts'

const read = (file: string): string => readFileSync(new URL(`golden/${file}`, import.meta.url), 'utf8')

describe('golden federation files', () => {
  for (const [file, text] of Object.entries(goldenFiles())) {
    it(`${file} is written today as it was when it was committed`, () => {
      assert.equal(text, read(file))
    })
  }

  it('hold, with the hashes they had', () => {
    const card = parseCard(read('member.card.json'))
    assert.deepEqual(verifyCard(ports, card), [])
    assert.equal(cardDigest(ports, card), 'ae6d664d50577e369d74b1845196f60062058e4bee9d217eb114bfd4acb8cf50')

    const definition = parseDefinition(read('federation.definition.json'))
    assert.deepEqual(checkDefinition(ports, definition), [])
    assert.equal(definition.definition_hash, 'f6b9b7c6c6af2f07ad21e9bbd53f45edd344174ccdb848cd60585d63f022a151')

    const lock = parseLock(read('federation.lock.json'))
    assert.deepEqual(verifyLock(ports, lock), [])
    assert.equal(lock.lock_hash, '8d7995b9ccd74dbccf7028f9143304c05cc9ac9106f4a45c71ce3f0e669ac8ee')
    assert.equal(parseLockSignature(read('belfry-signature.json')).lock_hash, lock.lock_hash)
    const change = parseChange(read('federation.change.json'))
    assert.deepEqual(change.previous, lock)
    const next = parseLock(read('federation.next.lock.json'))
    assert.deepEqual(verifySuccession(ports, lock, next), [])
    assert.equal(next.lock_hash, '18a11d2035555a9ef8316227ef0068f0f6a8d9557a5821b3b5a0dec54bd0fb87')
    const consent = parseConsent(read('belfry-consent.json'))
    assert.equal(consent.lock_hash, next.lock_hash)
    assert.equal(consentDigest(ports, consent), '3ab9e0266bad117444802de86b9b2936f4db064e7a5f0706f54a3397589db3f5')
    // Signatures included, which no hash of ours covers.
    const bytes = createHash('sha256').update(toCbor(lockSchema, lock)).digest('hex')
    assert.equal(bytes, '2821cede3159331afd1fe6ba86cfe04e9647e72325d34887a74b1d2e57f9a9d6')
  })
})
