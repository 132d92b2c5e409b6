import assert from 'node:assert/strict'
import { findFreePorts } from '@belfry/bitcoind'
import { type EnrolRequest, signedByOwner } from '@belfry/protocol'
import type { ManifestHash } from '@belfry/protocol/primitives'
import {
  type EnrolmentBundle,
  hashOfBundle,
  makeBundle,
  readWithdrawal,
  signatureBy,
  verifier,
  withdraw,
  writeWithdrawal,
} from '../../src/index.ts'
import { makeFederation } from '../support/federation.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Stage, honest, refusing } from '../support/members.ts'
import { testVault } from '../support/vault.ts'

describe('withdrawing an enrolment', () => {
  const folder = temporaryFolder()
  const { federation, root } = makeFederation(3)
  let bundle: EnrolmentBundle

  before(async () => {
    using vault = testVault()
    bundle = await makeBundle({ federation, vault, root })
  })

  it('asks every member, with signatures that hold for this manifest', async () => {
    const ports = Object.values(await findFreePorts(['1', '2', '3', '4', '5']))
    const got: EnrolRequest[] = []
    const listening: typeof honest = (request, stage, member) => {
      got.push(request)
      return honest(request, stage, member)
    }
    const nonsense: typeof honest = () => new TextEncoder().encode('what?')
    await using stage = await Stage.open([listening, refusing('unknown-manifest'), null, nonsense, listening], ports)
    const signature = signatureBy('withdraw', bundle.manifest.bytes, root, bundle.signers)
    const results = await withdraw(stage.link, hashOfBundle(bundle), [signature])
    assert.deepEqual(
      results.map((one) => [one.member, one.result === 'state' ? one.state : `${one.result} ${one.code}`]),
      [
        [1, 'withdrawn'],
        [2, 'refused unknown-manifest'],
        [3, 'unreachable unreachable'],
        [4, 'refused malformed'],
        [5, 'withdrawn'],
      ],
    )
    assert.equal(got.length, 2)
    for (const request of got) {
      assert.ok(request.request === 'withdraw')
      assert.ok(signedByOwner(verifier, 'withdraw', bundle.manifest.bytes, request.signatures, bundle.signers))
    }
  })

  it('keeps what was signed so far in a file', async () => {
    const path = folder.file('withdrawal.json')
    const manifest_hash = 'ab'.repeat(32) as ManifestHash
    const signature = signatureBy('withdraw', bundle.manifest.bytes, root, bundle.signers)
    await writeWithdrawal(path, { manifest_hash, signatures: [signature] })
    assert.deepEqual(await readWithdrawal(path), { manifest_hash, signatures: [signature] })
  })
})
