import assert from 'node:assert/strict'
import { createCore, emptyDurable } from '@belfry/protocol'
import type { MemberIndex, Millis } from '@belfry/protocol/primitives'
import { type ShellHealth, readiness } from '../../src/views/index.ts'
import { type World, world } from './world.ts'

const RUNNING: ShellHealth = { loop: 'running', chain_watcher: 'running', is_warm: true, unseen: null }

function reasonsOf({ state }: Pick<World, 'state'>, shell: Partial<ShellHealth> = {}): string[] {
  const found = readiness(state, { ...RUNNING, ...shell })
  assert.equal(found.ready, found.reasons.length === 0)
  for (const { message, remedy } of found.reasons) assert.ok(message.endsWith('.') && remedy.endsWith('.'), message)
  return found.reasons.map(({ reason }) => reason)
}

function kill(of: World, ...members: readonly number[]): void {
  for (const index of members) {
    const peer = of.state.volatile.peers.get(index as MemberIndex)
    assert.ok(peer)
    peer.life = 'dead'
  }
}

describe('readiness', () => {
  it('has no reason against it where all is well', () => {
    assert.deepEqual(reasonsOf(world()), [])
  })

  it('says how bitcoind is', () => {
    const of = world()
    for (const [state, reason] of [
      ['unreachable', 'bitcoind-unreachable'],
      ['syncing', 'bitcoind-syncing'],
      ['wrong-chain', 'wrong-chain'],
    ] as const) {
      of.state.volatile.chain = state
      assert.deepEqual(reasonsOf(of), [reason])
    }
  })

  it('says that no block has come yet', () => {
    const of = world()
    Object.assign(of.state.durable, { position: null })
    assert.deepEqual(reasonsOf(of), ['chain-not-reached'])
  })

  it('says that the node is starting', () => {
    const { config } = world().state
    const core = createCore(config, {
      sha256: (x) => x,
      sign: (x) => x,
      verifyNode: () => false,
      verifyOwner: () => false,
    })
    assert.deepEqual(reasonsOf({ state: core.restore(emptyDurable()) }), ['starting', 'bitcoind-unreachable'])
  })

  it('says that the others are asked first, and that the node doubts its own disk', () => {
    const of = world()
    of.state.volatile.wait.phase = 'asking'
    assert.deepEqual(reasonsOf(of), ['asking'])
    for (const reason of ['second-instance', 'unknown-statement', 'restored'] as const) {
      of.state.durable.quarantine = { reason, at_ms: 0 as Millis, boot: 0, statements: [] }
      assert.deepEqual(reasonsOf(of), ['quarantined'])
    }
  })

  it('waits until the scanner has been exercised', () => {
    assert.deepEqual(reasonsOf(world(), { is_warm: false }), ['starting'])
  })

  it('says that the loop or the chain watcher ended', () => {
    assert.deepEqual(reasonsOf(world(), { loop: 'failed' }), ['loop-failed'])
    assert.deepEqual(reasonsOf(world(), { loop: 'stopped' }), ['loop-failed'])
    assert.deepEqual(reasonsOf(world(), { chain_watcher: 'ended' }), ['chain-watcher-ended'])
  })

  it('stays with two of five dead, and goes with three, saying who they are', () => {
    const of = world()
    kill(of, 2, 4)
    assert.deepEqual(reasonsOf(of), [])
    kill(of, 5)
    assert.deepEqual(reasonsOf(of), ['quorum-lost'])
    const [{ message } = { message: '' }] = readiness(of.state, RUNNING).reasons
    assert.equal(
      message,
      'Only 2 of 5 members are alive, 3 are needed to claw back or send the emergency recovery: ' +
        'nothing is heard of bob (2), dave (4) and erin (5).',
    )
  })

  it('loses the quorum exactly when the core tells so', () => {
    const of = world()
    const { heartbeat_ms, dead_periods } = of.federation.timing
    // Period by period: what passes all at once is time in which this node did not listen.
    const outputs = Array.from({ length: dead_periods + 1 }, () => of.step({ kind: 'tick' }, heartbeat_ms + 1))
    const tells = outputs.flatMap(({ immediate }) => immediate.flatMap((effect) => (effect.effect === 'tell' ? [effect.tell.event] : [])))
    assert.deepEqual(tells.filter((event) => event === 'quorum-lost'), ['quorum-lost'])
    assert.deepEqual(reasonsOf(of), ['quorum-lost'])
  })

  it('gives every reason at once', () => {
    const of = world()
    kill(of, 2, 3, 4, 5)
    of.state.volatile.chain = 'syncing'
    assert.deepEqual(reasonsOf(of, { loop: 'failed' }), ['loop-failed', 'bitcoind-syncing', 'quorum-lost'])
  })
})
