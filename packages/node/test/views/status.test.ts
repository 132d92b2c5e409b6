import assert from 'node:assert/strict'
import type { State } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { statusView } from '../../src/views/index.ts'
import { blockAt } from './vault.ts'
import { TIP, wholeIncident, world } from './world.ts'

const RUNNING = { loop: 'running', chain_watcher: 'running', is_warm: true, unseen: null } as const

describe('the view of the node', () => {
  it('says who it is, where it stands and what it guards', () => {
    const of = world()
    wholeIncident(of)
    const { federation, member, started_at, epochs, ...rest } = statusView(of.state, RUNNING)
    assert.deepEqual([member.index, member.name], [1, 'alice'])
    assert.match(member.peer_id, /^12D3/)
    assert.equal(started_at, '2026-01-02T03:04:05.678Z')
    assert.deepEqual(federation, {
      name: 'Test federation',
      network: 'regtest',
      lock_hash: of.federation.lock_hash,
      epoch: 0,
      members: 5,
      b: 1,
      thresholds: {
        clawback: { q: 3, t: 3, d: 2, protected: 4 },
        emergency: { q: 3, t: 3, d: 2, protected: 4 },
        succession: { q: 4, t: 4, d: 1, protected: 5 },
      },
    })
    assert.deepEqual(rest, {
      software: 'belfry/0.1.0',
      boot: 1_767_323_045,
      ready: true,
      reasons: [],
      standing: 'serving',
      quarantine: null,
      chain: {
        state: 'ok',
        tip: blockAt(TIP + 2),
        implementation: '/Satoshi:29.0.0/',
        estimate_sat_vb: 12.5,
        mempool_floor_sat_vb: 1,
        unseen: null,
      },
      peers: { unknown: 4, alive: 0, suspect: 0, dead: 0, connected: 0 },
      attention: [],
      isolated: false,
      monoculture: null,
      vaults: { active: 1, waiting: 0, armed: 0, withdrawn: 0, protected: 1, exposed: 0 },
      incidents: { alleged: 0, open: 0, certified: 0, recovering: 0, recovered: 1, secured: 0, gone: 0, lost: 0, settled: 0 },
      evidence: 0,
    })
    const { peers, vaults, incidents, evidence } = rest
    const { lock_hash } = of.federation
    const only = { epoch: 0, lock_hash, member: { index: 1, name: 'alice' }, members: 5, ready: true, reasons: [], peers, vaults, incidents, evidence }
    assert.deepEqual(epochs, [only])
  })

  it('takes what an older epoch lacks for its own lack, unless it is only members', () => {
    const of = world()
    wholeIncident(of)
    const older = world()
    const starting = statusView(of.state, RUNNING, [{ state: older.state, shell: { ...RUNNING, is_warm: false } }])
    assert.deepEqual([starting.ready, starting.reasons.map(({ reason }) => reason)], [false, ['starting']])
    assert.deepEqual(starting.epochs.map(({ ready }) => ready), [true, false])

    const { volatile } = older.state
    const dead = [3, 4, 5].map((index) => [index, { ...volatile.peers.get(index as MemberIndex), life: 'dead' }] as const)
    const state = { ...older.state, volatile: { ...volatile, peers: new Map(dead) } } as unknown as State
    const alone = statusView(of.state, RUNNING, [{ state, shell: RUNNING }])
    assert.equal(alone.ready, true)
    assert.deepEqual(alone.epochs.map(({ reasons }) => reasons.map(({ reason }) => reason)), [[], ['quorum-lost']])
  })
})
