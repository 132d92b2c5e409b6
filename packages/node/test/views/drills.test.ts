import assert from 'node:assert/strict'
import { type DrillResult, type HeldCommand, type Order, commandHash, decodeCommand, encodeCommand } from '@belfry/protocol'
import type { Feerate, Height, MemberIndex, Millis } from '@belfry/protocol/primitives'
import { createMetrics } from '../../src/metrics/index.ts'
import { drillAges, drillsView } from '../../src/views/index.ts'
import { readExposition } from '../metrics/exposition.ts'
import { sourcesOf } from '../metrics/sources.ts'
import { START_MS, sha256 } from './federation.ts'
import { OWNER_ROOT, blockAt } from './vault.ts'
import { TIP, type World, wholeIncident, world } from './world.ts'

type DrillOrder = Extract<Order, { order: 'drill' }>
let nonces = 0

/** A drill that this member took, as if its owner had ordered it. */
function take(of: World, what: Omit<DrillOrder, 'order'>, ended: HeldCommand['ended'], taken = TIP): string {
  nonces += 1
  const { vault_id, federation, state } = of
  const bytes = encodeCommand({
    format: 'belfry-command',
    version: 1,
    lock_hash: federation.lock_hash,
    vault_id,
    nonce: new Uint8Array(16).fill(nonces),
    anchor: blockAt(TIP - 8),
    what: { order: 'drill', ...what },
  })
  const hash = commandHash({ sha256 }, bytes)
  state.durable.vaults.get(vault_id)?.commands.set(hash, {
    signed: { bytes, signatures: [{ key: OWNER_ROOT, signature: new Uint8Array(64) }] },
    seen_at_ms: (START_MS + nonces) as Millis,
    seen_height: taken as Height,
    taken_height: taken as Height,
    notices: new Map(),
    reports: new Map(),
    ended,
    command: decodeCommand(bytes),
  })
  return hash
}

function report(of: World, from: number, command_hash: string, level: number, result: DrillResult, tried: number, good: number): void {
  const { vault_id } = of
  of.hear(from, 'receipt', { statement: 'drill', vault_id, command_hash: command_hash as never, level, result, tried, good, height: TIP as Height })
}

const PASSED = { status: 'passed', height: TIP as Height } as const
const plain = { held_back: [], trial: null }

describe('the view of drills', () => {
  it('is empty before any was held', () => {
    assert.deepEqual(drillsView(world().state), [])
  })

  it('shows the newest first, with members by name, feerates in sat/vB, and what each signed', () => {
    const of = world()
    const trial = { tried: 9, accepted: 8, mempool_floor: 1_000 as Feerate, estimate: 12_500 as Feerate }
    const ladder = take(of, { level: 3, held_back: [], trial }, null)
    take(of, { level: 5, held_back: [2 as MemberIndex], trial: null }, { status: 'abandoned', height: TIP as Height }, TIP + 1)
    report(of, 2, ladder, 3, 'bad', 9, 8)
    const [held, tried] = drillsView(of.state)
    assert.deepEqual([held?.level, held?.status, held?.held_back.map(({ index }) => index)], [5, 'abandoned', [2]])
    assert.deepEqual(tried?.trial, { tried: 9, accepted: 8, mempool_floor_sat_vb: 1, estimate_sat_vb: 12.5 })
    assert.equal(tried.status, 'running')
    const [said] = tried.reports
    assert.deepEqual([said?.member.index, said?.result, said?.tried, said?.good], [2, 'bad', 9, 8])
    assert.match(said?.frame ?? '', /^[0-9a-f]{200,}$/)
    assert.match(tried.commanded_at, /^\d{4}-.*Z$/)
  })

  it('counts the blocks since each level last passed, and the vaults that never passed it', async () => {
    const of = world()
    take(of, { level: 2, ...plain }, PASSED, TIP - 40)
    take(of, { level: 2, ...plain }, PASSED, TIP - 5)
    take(of, { level: 2, ...plain }, { status: 'failed', height: TIP as Height }, TIP)
    take(of, { level: 4, ...plain }, { status: 'failed', height: TIP as Height }, TIP)
    const ages = drillAges(of.state)
    assert.deepEqual(ages.map(({ blocks }) => blocks), [null, 5, null, null, null])
    assert.deepEqual(ages.map(({ vaults_without }) => vaults_without), [1, 0, 1, 1, 1])
    const { samples } = readExposition(await createMetrics().render(sourcesOf(of.state)))
    assert.equal(samples.get('belfry_drill_age_blocks{level="2"}'), 5)
    assert.equal(samples.get('belfry_drill_age_blocks{level="4"}'), undefined)
    assert.ok((samples.get('belfry_drill_passed_timestamp_seconds{level="2"}') ?? 0) > 1_000_000_000)
    assert.equal(samples.get('belfry_vaults_without_drill{level="4"}'), 1)
  })

  it('asks no drill of a vault whose coin has left', () => {
    const of = world()
    wholeIncident(of)
    assert.deepEqual(drillAges(of.state).map(({ vaults_without, blocks }) => [vaults_without, blocks]), Array.from({ length: 5 }, () => [0, null]))
  })
})
