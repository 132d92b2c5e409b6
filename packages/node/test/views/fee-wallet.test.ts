import assert from 'node:assert/strict'
import { type Feerate, type Height, outpointOf, parseTxid, sats } from '@belfry/protocol/primitives'
import { type FeeWalletStatus, needsOf, openIncidents, reserveOf, reservesFor } from '../../src/fee-wallet/index.ts'
import type { FeeWalletReading } from '../../src/fee-wallet/index.ts'
import { createMetrics } from '../../src/metrics/index.ts'
import { feeWalletView } from '../../src/views/index.ts'
import { readExposition } from '../metrics/exposition.ts'
import { sourcesOf } from '../metrics/sources.ts'
import { type World, wholeIncident, world } from './world.ts'

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'

function ready(changes: Partial<FeeWalletReading> = {}): FeeWalletStatus {
  return {
    state: 'ready',
    reading: {
      descriptor: 'wpkh(tpub…)', next_address: ADDRESS, height: 900 as Height, is_searching: false, reserve: sats(400_000),
      coins: [{
        outpoint: outpointOf(parseTxid('ab'.repeat(32)), 1), value: sats(400_000), status: 'confirmed', confirmations: 3, spender: null,
        path: { branch: 0, index: 4 }, key: `02${'cd'.repeat(32)}` as FeeWalletReading['coins'][number]['key'],
      }],
      carries: { anyone_can_pay: 1_600_000 as Feerate, anchored: 1_200_500 as Feerate },
      spent_in_window: sats(7_000), left_in_window: sats(2_993_000),
      bumps: { accepted: 2, refused: 1, 'no-coin': 0, 'over-budget': 0, unreachable: 0 }, splits: 1,
      ...changes,
    },
  }
}

/** The world's vault, with an anchored clawback or one to which coins are added. */
function withMeans(means: 'anchored' | 'anyone_can_pay'): World {
  const of = world()
  const [held] = [...of.state.durable.vaults.values()][0]?.manifests ?? []
  const [unvault] = of.manifest.unvaults
  assert.ok(held && unvault)
  Object.assign(held, { manifest: { ...of.manifest, unvaults: [{ ...unvault, [means]: unvault.clawback[0] }] } })
  return of
}

const warningsOf = (of: World, status: FeeWalletStatus): string[] => feeWalletView(of.state, status).warnings.map(({ warning }) => warning)

describe('the view of the fee wallet', () => {
  it('shows what it holds and can carry, in satoshis and sat/vB', () => {
    const view = feeWalletView(world().state, ready())
    assert.deepEqual(view, {
      state: 'ready',
      next_address: ADDRESS,
      descriptor: 'wpkh(tpub…)',
      height: 900,
      coins: [{ outpoint: `${'ab'.repeat(32)}:1`, value_sats: 400_000, status: 'confirmed', confirmations: 3 }],
      reserve_sats: 400_000,
      recommended_sats: 0,
      carries: { anyone_can_pay_sat_vb: 1_600, anchored_sat_vb: 1_200.5 },
      budget: { spent_in_window_sats: 7_000, left_in_window_sats: 2_993_000 },
      vaults: { anyone_can_pay: 0, anchored: 0, any: 0 },
      warnings: [],
    })
  })

  it('warns only where a guarded vault needs it', () => {
    assert.deepEqual(warningsOf(world(), { state: 'none' }), [])
    assert.deepEqual(warningsOf(withMeans('anchored'), { state: 'none' }), ['missing'])
    assert.deepEqual(warningsOf(withMeans('anchored'), ready()), [])
    assert.deepEqual(warningsOf(withMeans('anyone_can_pay'), ready({ reserve: sats(349_999) })), ['reserve-too-small'])
    assert.deepEqual(warningsOf(withMeans('anyone_can_pay'), ready({ reserve: sats(0) })), ['empty'])
    // Nobody has looked yet.
    assert.deepEqual(warningsOf(withMeans('anyone_can_pay'), ready({ reserve: sats(0), height: null })), [])
    // What is left pays for no bump.
    assert.deepEqual(warningsOf(world(), ready({ spent_in_window: sats(200_000), left_in_window: sats(84_999) })), ['budget-spent'])
    assert.deepEqual(warningsOf(world(), ready({ spent_in_window: sats(200_000), left_in_window: sats(85_000) })), [])
    assert.deepEqual(warningsOf(world(), ready({ left_in_window: sats(0), is_searching: true })), ['searching', 'budget-spent'])
  })

  it('says where to send how much', () => {
    const { warnings: [warning] } = feeWalletView(withMeans('anchored').state, ready({ reserve: sats(100_000) }))
    assert.equal(warning?.remedy, `Send at least 250000 sat to ${ADDRESS}, in one payment.`)
    assert.equal(reservesFor(0), 0n)
    assert.equal(reservesFor(1), 350_000n)
    assert.equal(reservesFor(4), 605_000n)
  })

  it('says why a key does not open', () => {
    const failed: FeeWalletStatus = { state: 'failed', message: 'the passphrase is wrong', remedy: 'Restore the file.' }
    const { warnings: [warning], ...view } = feeWalletView(withMeans('anchored').state, failed)
    assert.deepEqual(warning, { warning: 'failed', message: 'The fee wallet does not open: the passphrase is wrong.', remedy: 'Restore the file.' })
    assert.deepEqual([view.state, view.reserve_sats, view.next_address], ['failed', 0, null])
  })

  it('knows the means of the guarded vaults, and which incidents are open', () => {
    assert.deepEqual(needsOf(world().state), { anyone_can_pay: true, anchored: true })
    assert.deepEqual(needsOf(withMeans('anchored').state), { anyone_can_pay: false, anchored: true })
    assert.deepEqual(needsOf(withMeans('anyone_can_pay').state), { anyone_can_pay: true, anchored: false })
    assert.deepEqual(reserveOf(ready()), { sats: 400_000n, carries: { anchored: 1_200_500, 'anyone-can-pay': 1_600_000 } })
    assert.equal(reserveOf({ state: 'none' }), null)
    const of = world()
    assert.equal(openIncidents(of.state).size, 0)
    wholeIncident(of)
    assert.deepEqual([...openIncidents(of.state)], [of.incident_id])
  })

  it('is in the metrics', async () => {
    const of = withMeans('anchored')
    const metrics = createMetrics()
    const scrape = async (status: FeeWalletStatus) =>
      readExposition(await metrics.render(sourcesOf(of.state, { feeWallet: () => status }))).samples
    const samples = await scrape(ready({ reserve: sats(9_000) }))
    assert.equal(samples.get('belfry_fee_wallet_state{state="ready"}'), 1)
    assert.equal(samples.get('belfry_fee_wallet_reserve_sats'), 9_000)
    assert.equal(samples.get('belfry_fee_wallet_recommended_sats'), 350_000)
    assert.equal(samples.get('belfry_fee_wallet_coins{status="confirmed"}'), 1)
    assert.equal(samples.get('belfry_fee_wallet_carries_sat_per_kvb{means="anchored"}'), 1_200_500)
    assert.equal(samples.get('belfry_fee_wallet_warning{warning="reserve-too-small"}'), 1)
    assert.equal(samples.get('belfry_fee_wallet_bumps_total{result="accepted"}'), 2)
    const without = await scrape({ state: 'none' })
    assert.equal(without.get('belfry_fee_wallet_state{state="none"}'), 1)
    assert.equal(without.get('belfry_fee_wallet_warning{warning="missing"}'), 1)
    assert.equal(without.has('belfry_fee_wallet_reserve_sats'), false)
  })
})
