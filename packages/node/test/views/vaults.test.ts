import assert from 'node:assert/strict'
import { vaultsView } from '../../src/views/index.ts'
import { spendOf } from './vault.ts'
import { TIP, activate, wholeIncident, world } from './world.ts'

describe('the view of the vaults', () => {
  it('shows a vault that is armed and not yet protected', () => {
    const of = world()
    const [vault] = vaultsView(of.state, null)
    assert.deepEqual(
      { ...vault, manifests: undefined },
      {
        vault_id: of.vault_id,
        epoch: 0,
        name: 'Treasury',
        state: 'armed',
        protected: false,
        exposed: false,
        market: {
          state: 'above',
          top_sat_vb: 20,
          top_package_sat_vb: 12,
          asked_sat_vb: 12.5,
          headroom: 1.6,
          fee_coin_means: [],
          risk: null,
        },
        incidents: [],
        manifests: undefined,
        deposit: { outpoint: of.manifest.deposit.outpoint, value_sats: 50_000_000, spend: null },
      },
    )
  })

  it('shows the manifest with its ladders in sat/vB and who holds it', () => {
    const of = world()
    activate(of)
    const [held] = vaultsView(of.state, null)[0]?.manifests ?? []
    assert.equal(held?.manifest_hash, of.manifest_hash)
    assert.deepEqual(
      [
        held?.state,
        held?.generation,
        held?.csv_blocks,
        held?.act_at,
        held?.armed_height,
        held?.activated_height,
        held?.receipts_needed,
      ],
      ['active', 1, 12, 'confirmation', TIP, TIP, 4],
    )
    assert.deepEqual(
      held?.receipts.map(({ name }) => name),
      ['alice', 'bob', 'carol', 'dave', 'erin'],
    )
    assert.deepEqual(
      held?.unvaults[0]?.clawback.map(({ sat_vb, fee_sats }) => [sat_vb, fee_sats]),
      [
        [2.5, 375],
        [20, 3_000],
      ],
    )
    assert.deepEqual(
      held?.emergency.map(({ sat_vb }) => sat_vb),
      [5],
    )
  })

  it('is protected from the number of receipts on that the thresholds say, and no sooner', () => {
    const of = world()
    activate(of)
    const held = of.state.durable.vaults.get(of.vault_id)?.manifests[0]
    const isProtected = (): boolean | undefined => vaultsView(of.state, null)[0]?.protected
    assert.equal(isProtected(), true)
    held?.receipts.delete(of.federation.memberOf(of.federation.members[4]?.index ?? of.state.config.self).index)
    assert.equal(isProtected(), true)
    held?.receipts.delete(of.federation.memberOf(of.federation.members[3]?.index ?? of.state.config.self).index)
    assert.equal(isProtected(), false)
  })

  it('shows where the deposit went, and the incident', () => {
    const of = world()
    activate(of)
    of.chain({ event: 'spend-seen', outpoint: of.manifest.deposit.outpoint, tx: of.theft })
    const [seen] = vaultsView(of.state, null)
    assert.deepEqual(seen?.deposit.spend, { txid: of.theft.txid, seen: 'mempool', block: null, confirmations: 0 })
    assert.deepEqual(seen?.incidents, [{ incident_id: of.incident_id, trigger: 'theft', status: 'open' }])
  })

  it('tells a spend that was only offered from one that was seen', () => {
    const of = world()
    const vault = of.state.durable.vaults.get(of.vault_id)
    vault?.coins.set(of.manifest.deposit.outpoint, { mempool: null, since: null, offered: spendOf(of.theft.txid), confirmed: null })
    assert.equal(vaultsView(of.state, null)[0]?.deposit.spend?.seen, 'offered')
  })

  it("shows the recovery's end", () => {
    const of = world()
    wholeIncident(of)
    assert.equal(vaultsView(of.state, null)[0]?.incidents[0]?.status, 'recovered')
  })
})
