import assert from 'node:assert/strict'
import { findFreePorts } from '@belfry/bitcoind'
import type { OwnerAnswer, VaultInfo } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { type SurveyResult, followVaults, surveyVaults, tipOfMembers } from '../../src/index.ts'
import { Stage, type Telling, honest } from '../support/members.ts'

const VAULT: VaultInfo = { vault_id: '11'.repeat(32) as VaultInfo['vault_id'], revoked: false, exposed: false, deposit: 'there', destroyable: false, drills: [], manifests: [], incidents: [], market: null }

function telling(member: MemberIndex, vaults: VaultInfo[] = [VAULT]): OwnerAnswer {
  return { answer: 'vaults', member, tip: null, anchor: null, chain: 'ok', vaults }
}

async function stageWith(told: Telling, running: readonly boolean[] = [true, true, true]): Promise<Stage> {
  const ports = Object.values(await findFreePorts(['1', '2', '3']))
  return Stage.open(
    running.map((runs) => (runs ? honest : null)),
    ports,
    told,
  )
}

describe('a survey of the members', () => {
  it('has the word of every member, and of those that gave none the reason', async () => {
    const refused: OwnerAnswer = { answer: 'refused', code: 'busy', message: 'later', remedy: 'wait', retryable: true }
    await using stage = await stageWith((member) => (member === 2 ? refused : telling(member)), [true, true, false])
    const [first, second, third] = await surveyVaults(stage.link)
    assert.deepEqual(first, { member: 1, result: 'answer', answer: telling(1 as MemberIndex) })
    assert.deepEqual(second, { member: 2, result: 'refused', code: 'busy', message: 'later', remedy: 'wait' })
    assert.equal(third?.result, 'unreachable')
  })

  it('takes no answer in the name of another member, and none that cannot be read', async () => {
    const lies: Record<number, OwnerAnswer | Uint8Array> = {
      1: telling(2 as MemberIndex),
      2: Uint8Array.of(1, 2, 3),
      3: { answer: 'state', state: 'active' },
    }
    await using stage = await stageWith((member) => lies[member] ?? assert.fail())
    const results = await surveyVaults(stage.link)
    assert.deepEqual(
      results.map((one) => (one.result === 'answer' ? 'answer' : one.code)),
      ['malformed', 'malformed', 'malformed'],
    )
  })

  it('is given again when something changes, until the caller has had enough', async () => {
    let asked = 0
    // The vault is there from the third survey on.
    const told: Telling = (member) => {
      if (member === 1) asked++
      return telling(member, asked < 3 ? [] : [VAULT])
    }
    await using stage = await stageWith(told)
    const enough = new AbortController()
    const seen: number[] = []
    for await (const [first] of followVaults(stage.link, { signal: enough.signal, interval_ms: 1 })) {
      if (first?.result === 'answer') seen.push(first.answer.vaults.length)
      if (seen.length === 2) enough.abort()
    }
    assert.deepEqual(seen, [0, 1])
  })
})

describe('the tip that members tell', () => {
  const telling = (...heights: readonly (number | null)[]): SurveyResult[] =>
    heights.map((height, at) => {
      const member = (at + 1) as MemberIndex
      const tip = height === null ? null : { height, hash: 'aa'.repeat(32) }
      return { member, result: 'answer', answer: { answer: 'vaults', member, tip, anchor: null, chain: 'ok', vaults: [] } } as never
    })

  it('is none that only as many tell as may lie', () => {
    assert.equal(tipOfMembers({ b: 1 }, telling(4_000_000_000, 101, 100, 101)), 101)
    assert.equal(tipOfMembers({ b: 0 }, telling(100, 101)), 101)
    assert.equal(tipOfMembers({ b: 1 }, telling(100, null)), null)
  })
})
