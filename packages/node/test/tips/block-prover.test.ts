import assert from 'node:assert/strict'
import { proofAnswers } from '@belfry/protocol'
import { sha256 } from '@belfry/keystore'
import type { BlockHash, Hash32, Height, LockHash, MemberIndex } from '@belfry/protocol/primitives'
import { BlockProver } from '../../src/tips/index.ts'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'

const lock_hash = '11'.repeat(32) as LockHash
const MEMBERS = [1, 2, 3] as MemberIndex[]

describe('what members must answer of a block', () => {
  const regtest = useRegtest(2)
  const answersAt = async (index: number, hash: BlockHash, height: number) =>
    await new BlockProver({ lock_hash }, regtest().node(index).bitcoind).answers({ hash, height: height as Height }, MEMBERS)

  it('is the same at every bitcoind that has it, and is made of its bytes', async () => {
    await regtest().mine(0, 2)
    const hash = await regtest().waitForSameTip()
    const { height } = (await regtest().node(0).bitcoind.getBlockHeader(hash)) ?? { height: 0 }
    const bytes = await regtest().node(0).bitcoind.getBlockOverRpc(hash)
    assert.ok(bytes)
    const expected = proofAnswers({ sha256 }, { lock_hash, block: hash }, MEMBERS, bytes)
    assert.deepEqual(await answersAt(0, hash, height), expected)
    assert.deepEqual(await answersAt(1, hash, height), expected)
    assert.equal(new Set<Hash32>(expected).size, MEMBERS.length)
  })

  it('is nothing where bitcoind does not have it', async () => {
    assert.equal(await answersAt(0, 'ab'.repeat(32) as BlockHash, 5), null)
  })
})
