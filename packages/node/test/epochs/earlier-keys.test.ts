import assert from 'node:assert/strict'
import type { Durable, EnrolmentKeys } from '@belfry/protocol'
import { earlierKeys } from '../../src/epochs/earlier-keys.ts'
import { type World, activate, world } from '../views/world.ts'

interface Guarding {
  readonly durable: Pick<Durable, 'vaults'>
}

describe('the enrolment keys that an epoch before names', () => {
  const of: World = world()
  activate(of)
  const { vault_id, manifest } = of
  const active: Guarding = { durable: of.state.durable }
  const empty: Guarding = { durable: { vaults: new Map() } }

  /** As the same vault is held elsewhere. */
  function holding(enrol: EnrolmentKeys, isActive: boolean): Guarding {
    const vault = of.state.durable.vaults.get(vault_id) ?? assert.fail()
    const [held = assert.fail()] = vault.manifests
    const owner = { ...held.manifest.owner, enrol }
    const manifests = [{ ...held, manifest: { ...held.manifest, owner } }]
    return { durable: { vaults: new Map([[vault_id, { ...vault, manifests, active: isActive ? vault.active : null }]]) } }
  }

  it('are those of the active manifest, and none where no epoch before has one', () => {
    assert.deepEqual(earlierKeys([active], vault_id), manifest.owner.enrol)
    assert.equal(earlierKeys([], vault_id), null)
    assert.equal(earlierKeys([empty], vault_id), null)
  })

  it('are of the newest that has an active one: what was never activated has no say', () => {
    const enrol = { k: 1, keys: ['88'.repeat(32)] }
    assert.deepEqual(earlierKeys([empty, holding(enrol, true), active], vault_id), enrol)
    assert.deepEqual(earlierKeys([holding(enrol, false), active], vault_id), manifest.owner.enrol)
  })
})
