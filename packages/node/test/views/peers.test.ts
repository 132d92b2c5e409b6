import assert from 'node:assert/strict'
import type { Hash32, MemberIndex } from '@belfry/protocol/primitives'
import { attentionView, peersView } from '../../src/views/index.ts'
import { START_MS } from './federation.ts'
import { blockAt, hex32 } from './vault.ts'
import { TIP, type World, world } from './world.ts'

function beat(of: World, from: number, tip = TIP, seq?: number): void {
  of.hear(
    from,
    'heartbeat',
    {
      tip: blockAt(tip),
      chain: 'ok',
      implementation: '/Satoshi:28.1.0/',
      software: 'belfry/0.1.0',
      hash_6: null,
      standing: 'serving',
      next_lock: null,
      silent: [],
      ledger_entries: 0,
      guarded_root: hex32('none') as Hash32,
      evidence_digest: hex32('none') as Hash32,
      custody_digest: hex32('x') as Hash32, owner_messages: [],
      incidents: [],
    },
    seq === undefined ? {} : { seq },
  )
}

describe('the view of the peers', () => {
  it('has every member by index, this one as itself', () => {
    const of = world()
    const peers = peersView(of.state)
    assert.deepEqual(
      peers.map(({ member, self }) => [member.index, member.name, self]),
      [
        [1, 'alice', true],
        [2, 'bob', false],
        [3, 'carol', false],
        [4, 'dave', false],
        [5, 'erin', false],
      ],
    )
    assert.deepEqual(
      peers.map(({ peer_id }) => peer_id),
      of.federation.members.map(({ peer_id }) => peer_id),
    )
    assert.deepEqual(
      { ...peers[0], peer_id: '' },
      {
        member: { index: 1, name: 'alice' },
        peer_id: '',
        self: true,
        life: 'alive',
        connected: true,
        last_heard_at: null,
        tip: blockAt(TIP),
        tip_class: 'unknown',
        chain: 'ok',
        implementation: '/Satoshi:29.0.0/',
        software: 'belfry/0.1.0',
        boot: 1_767_323_045,
        clock_offset_ms: null,
        flags: [],
        proofs: { right: 0, wrong: 0, missed: 0, in_doubt: false },
        bad_shares: 0,
        evidence: [],
      },
    )
  })

  it('shows what a peer last told', () => {
    const of = world()
    of.step({ kind: 'peer', member: 2 as MemberIndex, connected: true })
    beat(of, 2, TIP - 1)
    const bob = peersView(of.state)[1]
    assert.deepEqual(
      { ...bob, peer_id: '' },
      {
        member: { index: 2, name: 'bob' },
        peer_id: '',
        self: false,
        life: 'alive',
        connected: true,
        last_heard_at: new Date(START_MS + 4_000).toISOString(),
        tip: blockAt(TIP - 1),
        tip_class: 'unknown',
        chain: 'ok',
        implementation: '/Satoshi:28.1.0/',
        software: 'belfry/0.1.0',
        boot: 7,
        clock_offset_ms: null,
        flags: [],
        proofs: { right: 0, wrong: 0, missed: 0, in_doubt: false },
        bad_shares: 0,
        evidence: [],
      },
    )
  })

  it('shows nothing of a peer that was never heard', () => {
    const carol = peersView(world().state)[2]
    assert.deepEqual(
      [carol?.life, carol?.last_heard_at, carol?.tip, carol?.chain, carol?.boot],
      ['unknown', null, null, null, null],
    )
  })

  it('names who signed two messages under one number', () => {
    const of = world()
    beat(of, 4, TIP, 9)
    beat(of, 4, TIP - 1, 9)
    const evidence = peersView(of.state).map((peer) => peer.evidence.map(({ kind, at }) => [kind, at]))
    assert.deepEqual(evidence, [[], [], [], [['heartbeat', new Date(START_MS + 4_000).toISOString()]], []])
  })

  it('shows how tips, clocks and proofs are, and who needs somebody to look after it', () => {
    const of = world()
    const [own, bob, dave] = [1, 2, 4].map((index) => of.state.volatile.peers.get(index as MemberIndex))
    assert.ok(own && bob && dave)
    of.state.volatile.own_tip.class = 'lagging'
    bob.tip.class = 'forked'
    bob.clock.push(-61_000, -60_000, -59_000)
    bob.flags.skewed = true
    Object.assign(bob.proofs, { right: 3, wrong: 1, told: 'proof-wrong' })
    dave.life = 'suspect'
    const view = peersView(of.state)[1]
    assert.deepEqual(
      [view?.tip_class, view?.clock_offset_ms, view?.flags, view?.proofs],
      ['forked', -60_000, ['skewed'], { right: 3, wrong: 1, missed: 0, in_doubt: true }],
    )
    assert.deepEqual(
      attentionView(of.state).map(({ member, self, what }) => [member.name, self, what]),
      [
        ['alice', true, ['lagging']],
        ['bob', false, ['forked', 'skewed', 'proofs-in-doubt']],
        ['dave', false, ['suspect']],
      ],
    )
  })

  it('shows the count of bad shares', () => {
    const of = world()
    const erin = of.state.volatile.peers.get(5 as MemberIndex)
    assert.ok(erin)
    erin.bad_shares = 3
    assert.deepEqual(
      peersView(of.state).map(({ bad_shares }) => bad_shares),
      [0, 0, 0, 0, 3],
    )
  })
})
