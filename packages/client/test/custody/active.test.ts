import assert from 'node:assert/strict'
import type { ManifestState } from '@belfry/protocol'
import type { ManifestHash, MemberIndex, VaultId } from '@belfry/protocol/primitives'
import { type SurveyResult, besideManifest, manifestsOf } from '../../src/index.ts'
import { makeFederation } from '../support/federation.ts'

const VAULT = 'aa'.repeat(32) as VaultId
const hash = (of: number) => `${of}`.padStart(64, '0') as ManifestHash

/** What each member says of its manifests: generation and state. */
function saying(...members: (readonly (readonly [number, ManifestState])[] | null)[]): SurveyResult[] {
  return members.map((manifests, at): SurveyResult => {
    const member = (at + 1) as MemberIndex
    if (manifests === null) return { member, result: 'unreachable', code: 'timeout', message: 'no answer', remedy: 'wait' }
    const told = manifests.map(([generation, state]) => ({ manifest_hash: hash(generation), generation, state, receipts: [] }))
    const vault = { vault_id: VAULT, manifests: told, incidents: [] }
    return { member, result: 'answer', answer: { answer: 'vaults', member, tip: null, chain: 'ok', vaults: [vault] } as never }
  })
}

describe('the generation that a renewal follows', () => {
  /** b = 1 */
  const { federation } = makeFederation(5)
  const of = (...members: Parameters<typeof saying>) => manifestsOf({ federation }, saying(...members), VAULT)

  it('is the one that enough members have active, though others lag behind or are away', () => {
    const active = [[1, 'superseded'], [2, 'active']] as const
    const late = [[1, 'active'], [2, 'waiting']] as const
    const { active: found, all } = of(active, active, active, late, null)
    assert.deepEqual([found.generation, found.hash], [2, hash(2)])
    assert.deepEqual(all.map(({ generation, states }) => [generation, states.length]), [[1, 4], [2, 4]])
  })

  it('is never what only as many say as may lie', () => {
    const liar = [[1, 'superseded'], [7, 'active']] as const
    const honest = [[1, 'active']] as const
    assert.equal(of(liar, honest, honest, honest, honest).active.generation, 1)
    assert.throws(() => of(liar, null, null, null, null), { code: 'not-enrolled' })
  })

  it('hears each member once of each manifest, and counts generations as the manifest has them, not as one member says', () => {
    const liar = [[9, 'active'], [9, 'active'], [9, 'withdrawn']] as const
    const honest = [[1, 'active']] as const
    const { active, all } = of(liar, honest, honest, honest, honest)
    assert.equal(active.hash, hash(1))
    assert.deepEqual(all.map(({ states }) => states.length), [4, 1])
  })

  it('is put in order by the generation that most tell', () => {
    const told = saying([[1, 'superseded'], [2, 'active']], [[1, 'active'], [2, 'active']], [[1, 'active'], [2, 'active']], null, null)
    const [first] = told
    assert.ok(first?.result === 'answer')
    const [vault] = first.answer.vaults
    Object.assign(vault?.manifests[0] ?? assert.fail(), { generation: 99 })
    const { active, all } = manifestsOf({ federation }, told, VAULT)
    assert.equal(active.hash, hash(2))
    assert.deepEqual(all.map(({ generation }) => generation), [1, 2])
  })

  it('is none where no member knows the vault, or none has it active', () => {
    assert.throws(() => of([], [], [], [], []), { code: 'not-enrolled', message: /no member knows/ })
    const waiting = [[1, 'waiting']] as const
    assert.throws(() => of(waiting, waiting, waiting, waiting, waiting), { code: 'not-enrolled', message: /active at enough/ })
  })
})

describe('what members hold of a vault beside a manifest', () => {
  /** b = 1 */
  const { federation } = makeFederation(5)

  it('is each other one that more of them tell of than may lie', () => {
    const told = saying([[1, 'superseded'], [2, 'active'], [7, 'active']], [[1, 'superseded'], [2, 'active']], [[2, 'active']], null, null)
    assert.deepEqual(besideManifest({ federation }, told, VAULT, hash(2)).map(({ generation }) => generation), [1])
    assert.deepEqual(besideManifest({ federation }, told, VAULT, hash(1)).map(({ generation }) => generation), [2])
  })
})
