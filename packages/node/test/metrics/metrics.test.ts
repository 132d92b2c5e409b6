import assert from 'node:assert/strict'
import { SecretBytes } from '@belfry/keystore'
import { COUNTERS } from '@belfry/network'
import { REJECT_CODES, IGNORE_CODES, TELL_EVENTS } from '@belfry/protocol'
import type { Feerate, MemberIndex } from '@belfry/protocol/primitives'
import { register } from 'prom-client'
import { createCounters } from '../../src/chain/counters.ts'
import { type Metrics, type MetricsSources, createMetrics } from '../../src/metrics/index.ts'
import { TIP, wholeIncident, world } from '../views/world.ts'
import { type Exposition, readExposition } from './exposition.ts'
import { loopCounters, networkCounters, sourcesOf } from './sources.ts'

async function scrape(metrics: Metrics, sources: MetricsSources): Promise<Exposition> {
  return readExposition(await metrics.render(sources))
}

describe('the metrics', () => {
  it('are what Prometheus can read, each named for Belfry and counters for what they are', async () => {
    const of = world()
    wholeIncident(of)
    const metrics = createMetrics()
    for (const event of TELL_EVENTS) metrics.tell({ event, member: 2 })
    const { types, samples } = await scrape(metrics, sourcesOf(of.state))
    assert.ok(types.size > 80)
    for (const [name, type] of types) {
      assert.match(name, /^belfry_/)
      assert.equal(type, name.endsWith('_total') ? 'counter' : 'gauge', name)
    }
    assert.ok([...samples.values()].every((value) => Number.isFinite(value)))
    assert.match(metrics.content_type, /^text\/plain; version=0\.0\.4/)
  })

  it('have a registry of their own', async () => {
    const first = createMetrics()
    const second = createMetrics()
    first.tell({ event: 'voted' })
    const { samples } = await scrape(second, sourcesOf(world().state))
    assert.ok(![...samples.keys()].some((key) => key.startsWith('belfry_tells_total')))
    assert.deepEqual(register.getMetricsAsArray(), [])
  })

  it('count what the core tells, naming the culprit', async () => {
    const metrics = createMetrics()
    metrics.tell({ event: 'bad-share', member: 5 })
    metrics.tell({ event: 'bad-share', member: 5 })
    metrics.tell({ event: 'evidence', member: 4 })
    metrics.tell({ event: 'unfounded-vote', member: 3 })
    metrics.tell({ event: 'quorum-lost' })
    const { samples } = await scrape(metrics, sourcesOf(world().state))
    assert.equal(samples.get('belfry_tells_total{event="bad-share",member="5"}'), 2)
    assert.equal(samples.get('belfry_tells_total{event="evidence",member="4"}'), 1)
    assert.equal(samples.get('belfry_tells_total{event="unfounded-vote",member="3"}'), 1)
    assert.equal(samples.get('belfry_tells_total{event="quorum-lost",member=""}'), 1)
    assert.equal(samples.get('belfry_member_info{member="5",name="erin",self="false"}'), 1)
  })

  it('are of each epoch that is served, and without an epoch of the newest', async () => {
    const [newest, older] = [world(), world()]
    wholeIncident(older)
    const { state } = older
    const shown = { ...state, config: { ...state.config, federation: Object.create(state.config.federation, { epoch: { value: 3 } }) } }
    const shell = sourcesOf(state).shell()
    const { samples } = await scrape(createMetrics(), sourcesOf(newest.state, { older: () => [{ state: shown, shell }] }))
    assert.equal(samples.get('belfry_vaults{state="active"}'), 0)
    assert.equal(samples.get('belfry_epoch_vaults{epoch="0",state="active"}'), 0)
    assert.equal(samples.get('belfry_epoch_vaults{epoch="3",state="active"}'), 1)
    assert.equal(samples.get('belfry_epoch_incidents{epoch="3",status="recovered"}'), 1)
    assert.equal(samples.get('belfry_epoch_peers{epoch="3",life="unknown"}'), samples.get('belfry_epoch_peers{epoch="0",life="unknown"}'))
  })

  it('count verdicts by kind and code, and what was refused by who brought it', async () => {
    const metrics = createMetrics()
    metrics.verdict({ peer: 2, kind: 'vote', code: 'accepted' })
    metrics.verdict({ peer: 2, kind: 'vote', code: 'bad-signature' })
    metrics.verdict({ peer: 3, kind: 'heartbeat', code: 'forwarder-over-budget' })
    const { samples } = await scrape(metrics, sourcesOf(world().state))
    assert.equal(samples.get('belfry_verdicts_total{code="accepted",kind="vote"}'), 1)
    assert.equal(samples.get('belfry_verdicts_total{code="bad-signature",kind="vote"}'), 1)
    assert.equal(samples.get('belfry_peer_refused_frames_total{code="bad-signature",member="2"}'), 1)
    assert.equal(samples.get('belfry_peer_refused_frames_total{code="forwarder-over-budget",member="3"}'), 1)
    assert.ok(!samples.has('belfry_peer_refused_frames_total{code="accepted",member="2"}'))
  })

  it('let no stranger make labels', async () => {
    const metrics = createMetrics()
    for (let at = 0; at < 1_000; at++) metrics.verdict({ peer: 2, kind: `kind ${at}`, code: 'unknown-kind' })
    for (const kind of ['__proto__', 'constructor', 'toString'])
      metrics.verdict({ peer: 2, kind, code: 'unknown-kind' })
    const { samples } = await scrape(metrics, sourcesOf(world().state))
    const verdicts = [...samples.keys()].filter((key) => key.startsWith('belfry_verdicts_total'))
    assert.deepEqual(verdicts, ['belfry_verdicts_total{code="unknown-kind",kind="other"}'])
    assert.equal(samples.get(verdicts[0] ?? ''), 1_003)
  })

  it('stay bounded whatever happens in the largest federation', async () => {
    const metrics = createMetrics()
    for (let member = 1; member <= 64; member++) {
      for (const event of TELL_EVENTS) metrics.tell({ event, member: member })
      for (const code of [...REJECT_CODES, ...IGNORE_CODES]) metrics.verdict({ peer: member, kind: 'vote', code })
    }
    const { samples } = await scrape(metrics, sourcesOf(world().state))
    assert.ok(samples.size < 64 * (TELL_EVENTS.length + REJECT_CODES.length + IGNORE_CODES.length) + 1_000)
  })

  it('show the state as it is at each scrape', async () => {
    const of = world()
    const metrics = createMetrics()
    const before = await scrape(metrics, sourcesOf(of.state))
    assert.equal(before.samples.get('belfry_tip_height_blocks'), TIP)
    assert.equal(before.samples.get('belfry_vaults{state="armed"}'), 1)
    assert.equal(before.samples.get('belfry_ready'), 1)
    wholeIncident(of)
    const { samples } = await scrape(metrics, sourcesOf(of.state))
    assert.equal(samples.get('belfry_tip_height_blocks'), TIP + 2)
    assert.equal(samples.get('belfry_vaults{state="armed"}'), 0)
    assert.equal(samples.get('belfry_vaults{state="active"}'), 1)
    assert.equal(samples.get('belfry_vaults_protected'), 1)
    assert.equal(samples.get('belfry_vaults_exposed'), 0)
    assert.equal(samples.get('belfry_incidents{status="recovered"}'), 1)
    assert.equal(samples.get('belfry_incidents{status="open"}'), 0)
    assert.equal(samples.get('belfry_peers{life="unknown"}'), 4)
    assert.equal(samples.get('belfry_chain_state{state="ok"}'), 1)
    assert.ok((samples.get('belfry_ledger_entries') ?? 0) > 0)
  })

  it('count the vaults at risk by why, and show the least headroom of their ladders', async () => {
    const of = world()
    const metrics = createMetrics()
    const risks = async () => {
      const { samples } = await scrape(metrics, sourcesOf(of.state))
      const reasons = [...samples].filter(([key]) => key.startsWith('belfry_vaults_at_risk'))
      return { reasons: reasons.map(([, value]) => value), headroom: samples.get('belfry_ladder_headroom_ratio') }
    }
    assert.deepEqual(await risks(), { reasons: [0, 0, 0], headroom: 1.6 })
    of.state.volatile.estimate = 40_000 as Feerate
    assert.deepEqual(await risks(), { reasons: [1, 0, 0], headroom: 0.5 })
    of.state.volatile.estimate = null
    assert.deepEqual(await risks(), { reasons: [0, 0, 0], headroom: undefined })
  })

  it('have no tip before the first block, rather than a wrong one', async () => {
    const of = world()
    Object.assign(of.state.durable, { position: null })
    const { samples } = await scrape(createMetrics(), sourcesOf(of.state))
    assert.ok(!samples.has('belfry_tip_height_blocks'))
    assert.equal(samples.get('belfry_unready_reason{reason="chain-not-reached"}'), 1)
  })

  it('show why the node is not ready, one series for each reason', async () => {
    const of = world()
    of.state.volatile.chain = 'syncing'
    const { samples } = await scrape(createMetrics(), sourcesOf(of.state))
    const reasons = [...samples].filter(([key]) => key.startsWith('belfry_unready_reason'))
    assert.equal(reasons.length, 10)
    assert.deepEqual(
      reasons.filter(([, value]) => value === 1).map(([key]) => key),
      ['belfry_unready_reason{reason="bitcoind-syncing"}'],
    )
    assert.equal(samples.get('belfry_ready'), 0)
  })

  it('pass on the counters of loop, network and chain as counted, at every scrape anew', async () => {
    const of = world()
    const metrics = createMetrics()
    const chain = { ...createCounters(), blocks_by_zmq: 5, zmq_gaps: 2 }
    const faults = { ...networkCounters().faults, member_streams_malformed: new Map([[4 as MemberIndex, 2]]) }
    const sources = sourcesOf(of.state, {
      loop: () => loopCounters({ turns: 77, status: 'failed' }),
      network: () => networkCounters({ frames_sent_bytes: 1234, queued_frames: 6, faults }),
      chain: () => chain,
    })
    await scrape(metrics, sources)
    chain.events['spend-seen'] = 3
    const { samples, types } = await scrape(metrics, sources)
    assert.equal(samples.get('belfry_loop_turns_total'), 77)
    assert.equal(samples.get('belfry_loop_inputs_total{class="frame"}'), 3)
    assert.equal(samples.get('belfry_loop_status{status="failed"}'), 1)
    assert.equal(samples.get('belfry_network_frames_sent_bytes_total'), 1234)
    assert.equal(samples.get('belfry_network_queued_frames'), 6)
    assert.equal(samples.get('belfry_chain_blocks_total{source="zmq"}'), 5)
    assert.equal(samples.get('belfry_chain_zmq_gaps_total'), 2)
    assert.equal(samples.get('belfry_chain_events_total{event="spend-seen"}'), 3)
    assert.equal(samples.get('belfry_network_member_streams_malformed_total{member="4"}'), 2)
    for (const name of COUNTERS) assert.equal(types.get(`belfry_network_${name}_total`), 'counter', name)
  })

  it('show the memory that is locked for secrets', async () => {
    const of = world()
    const lockedNow = async () =>
      (await scrape(createMetrics(), sourcesOf(of.state))).samples.get('belfry_locked_memory_bytes') ?? NaN
    const before = await lockedNow()
    using secret = SecretBytes.random(32)
    assert.equal(await lockedNow(), before + 4096)
    assert.equal(secret.length, 32)
  })
})
