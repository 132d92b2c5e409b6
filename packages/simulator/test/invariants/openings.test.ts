import assert from 'node:assert/strict'
import { SITTING_BLOCKS } from '@belfry/protocol'
import type { EnvelopeId, IncidentId, MemberIndex } from '@belfry/protocol/primitives'
import type { Context } from '../../src/invariants/index.ts'
import { Openings } from '../../src/invariants/openings.ts'

const ME = 1 as MemberIndex
const U = '11'.repeat(32)

/** A ladder of one rung, `top`, and what takes a fee coin, `fee`. */
function world() {
  const told = { height: 100, standing: null as string | null }
  const [top, fee] = ['top', 'fee'].map((envelope_id) => ({ envelope_id, txid: `${envelope_id} tx` }))
  const manifest = { unvaults: [{ txid: U, clawback: [top], anyone_can_pay: fee, anchored: null }], emergency: [] }
  const context = {
    vaults: { dealOf: () => ({ manifest }) },
    told: { tipOf: () => ({ height: told.height }), spendOf: () => ({ mempool: told.standing && { txid: told.standing } }) },
  } as unknown as Context
  const openings = new Openings(context)
  const open = (envelope_id: string) =>
    openings.take(ME, { record: 'release-opened', incident_id: 'theft' as IncidentId, envelope_id: envelope_id as EnvelopeId })
  return { told, open }
}

describe('what takes a fee coin', () => {
  it('is opened too early where the ladder was not, or too few blocks ago', () => {
    const { told, open } = world()
    assert.equal(open('top'), null)
    told.height += SITTING_BLOCKS - 1
    assert.match(open('fee') ?? '', /before the ladder had its chance/)
    assert.match(world().open('fee') ?? '', /before the ladder had its chance/)
  })

  it('may follow when the ladder has had its chance', () => {
    const { told, open } = world()
    open('top')
    told.height += SITTING_BLOCKS
    assert.equal(open('fee'), null)
  })

  it('may follow another member that has it in the mempool already, and no rung that stands there', () => {
    const [other, rung] = [world(), world()]
    other.told.standing = 'fee tx'
    assert.equal(other.open('fee'), null)
    rung.told.standing = 'top tx'
    assert.notEqual(rung.open('fee'), null)
  })
})
