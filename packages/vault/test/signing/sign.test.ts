import assert from 'node:assert/strict'
import { toHex } from '@belfry/protocol/primitives'
import { signRecoverySet } from '../../src/index.ts'
import { signerOf, testKeys } from '../support/keys.ts'
import { COLD, HOT, planOf, pubs } from '../support/plans.ts'
import { refused } from '../support/refusals.ts'

describe('signRecoverySet', () => {
  it('gives the same bytes each time, whatever the order of the keys', () => {
    const sign = (keys: typeof COLD) =>
      signRecoverySet(planOf(), pubs(keys), signerOf(COLD)).transactions.map((one) => toHex(one.raw))
    assert.deepEqual(sign(COLD), sign(COLD.toReversed()))
    assert.deepEqual(sign(COLD.slice(0, 2)), sign(COLD))
  })

  it('asks each key once per transaction, and no key more than needed', () => {
    const asked = new Map<string, number>()
    const sign = signerOf(COLD)
    signRecoverySet(planOf(), pubs(COLD), (key, digest) => {
      asked.set(key, (asked.get(key) ?? 0) + 1)
      return sign(key, digest)
    })
    assert.deepEqual(
      [...asked.entries()],
      pubs(COLD)
        .slice(0, 2)
        .map((key) => [key, 7]),
    )
  })

  it('refuses too few keys, and keys that are not cold ones', () => {
    refused('signatures-missing', () => signRecoverySet(planOf(), pubs(COLD.slice(0, 1)), signerOf(COLD)))
    refused('signing-key-unknown', () => signRecoverySet(planOf(), pubs([...COLD, HOT]), signerOf(COLD)))
  })

  it('refuses a signer that signs with another key, or something else', () => {
    const [stranger] = testKeys('stranger', 1)
    assert.ok(stranger !== undefined)
    const wrong = signerOf([stranger])
    refused('signature-invalid', () =>
      signRecoverySet(planOf(), pubs(COLD), (_, digest) => wrong(stranger.pub, digest)),
    )
    refused('signature-invalid', () => signRecoverySet(planOf(), pubs(COLD), () => new Uint8Array(64)))
    refused('signature-invalid', () => signRecoverySet(planOf(), pubs(COLD), () => new Uint8Array(0)))
  })
})
