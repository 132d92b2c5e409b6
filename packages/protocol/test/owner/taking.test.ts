import assert from 'node:assert/strict'
import { ANCHOR_DEPTH, COMMAND_RECENCY, commandRequest } from '../../src/index.ts'
import { toCbor } from '../../src/primitives/index.ts'
import { ask, drill, give, notice, orderAt } from '../core/commands.ts'
import { HANDED_ON_BLOCKS } from '../../src/owner/limits.ts'
import { Seat } from '../core/seat.ts'
import { type TestVault, blockAt, hexOf, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const held = (seat: Seat, of: TestVault = vault) => seat.state.durable.vaults.get(of.vault_id)?.commands ?? assert.fail()
const checking = drill(2)
const revoke = { order: 'revoke' } as const

function ready(blocks = 40): Seat {
  const seat = Seat.guarding(vault, setting)
  seat.connectMany(blocks)
  return seat
}

describe('a command from its owner', () => {
  it('is taken once, recorded, told to all with the command, and signed for once', () => {
    const seat = ready()
    const given = orderAt(seat.tip, vault, revoke)
    assert.equal(give(seat, given), 'accepted')
    assert.equal(give(seat, given), 'known')
    const told = seat.sent('command')
    assert.deepEqual(told.map(({ body }) => [body.command_hash, body.height]), [[given.hash, seat.tip]])
    assert.equal(held(seat).get(given.hash)?.taken_height, seat.tip)
    assert.notEqual(seat.state.durable.vaults.get(vault.vault_id)?.revoked, null)
    seat.checkDurable()
    seat.restart()
    assert.equal(give(seat, given), 'known')
  })

  it('is refused, and nothing kept, where the owner is not admitted, the vault unknown or a signature missing', () => {
    const seat = ready()
    const given = orderAt(seat.tip, vault, revoke)
    const [answer] = seat.request(toCbor(commandRequest, { signed: given.signed }), 'command', 'nobody')
    assert.equal(answer?.answer === 'refused' && answer.code, 'owner-not-admitted')
    assert.equal(give(seat, orderAt(seat.tip, vault, revoke, { keys: [hexOf('stranger')] })), 'command-not-authorised')
    assert.equal(give(seat, orderAt(seat.tip, vaultOf(setting, { label: 'other' }), revoke)), 'unknown-vault')
    assert.equal(give(seat, orderAt(seat.tip, vault, revoke, { change: (one) => ({ ...one, lock_hash: hexOf('lock') as never }) })), 'wrong-lock')
    assert.equal(held(seat).size, 0)
    assert.equal(give(seat, given), 'accepted')
  })

  it('counts from the moment its anchor is six deep, and is held until then, also through a restart', () => {
    const seat = ready()
    const given = orderAt(seat.tip, vault, revoke, { anchor: blockAt(seat.tip - ANCHOR_DEPTH + 2) })
    assert.equal(give(seat, given), 'held')
    assert.equal(seat.sent('command').length, 0)
    seat.connect()
    seat.restart()
    seat.meet()
    assert.equal(held(seat).get(given.hash)?.taken_height, null)
    seat.connect()
    assert.equal(held(seat).get(given.hash)?.taken_height, seat.tip)
    assert.equal(seat.sent('command').length, 1)
  })

  it('is refused where its anchor is far ahead, of another chain, or old', () => {
    const seat = ready()
    assert.equal(give(seat, orderAt(seat.tip, vault, revoke, { anchor: blockAt(seat.tip + 100) })), 'anchor-not-deep')
    assert.equal(give(seat, orderAt(seat.tip, vault, revoke, { anchor: blockAt(seat.tip - 8, 'other') })), 'anchor-not-in-chain')
    assert.equal(give(seat, orderAt(seat.tip - COMMAND_RECENCY - 1, vault, revoke)), 'command-not-recent')
    assert.equal(held(seat).size, 0)
  })

  it('that is held when a reorganisation takes its anchor is forgotten', () => {
    const seat = ready()
    const anchor = blockAt(seat.tip + 1, 'lost')
    assert.equal(give(seat, orderAt(seat.tip, vault, revoke, { anchor })), 'held')
    seat.connectMany(ANCHOR_DEPTH + 1)
    assert.equal(held(seat).size, 0)
    assert.equal(seat.state.durable.vaults.get(vault.vault_id)?.revoked, null)
  })
})

describe('a command that a member hands on', () => {
  it('is taken like one from the owner while it is recent, and said so of', () => {
    const seat = ready()
    const given = orderAt(seat.tip, vault, revoke)
    assert.equal(notice(seat, 2, vault, given), 'accepted')
    assert.equal(notice(seat, 2, vault, given), 'known')
    assert.equal(notice(seat, 3, vault, given), 'accepted')
    assert.equal(seat.sent('command').length, 1)
    assert.deepEqual(new Set(held(seat).get(given.hash)?.notices.keys()), new Set([1, 2, 3]))
  })

  it('that is old counts once b+1 members say that they took it in time, and a liar alone says nothing', () => {
    const seat = ready()
    const given = orderAt(seat.tip, vault, revoke)
    const taken_at = seat.tip
    seat.connectMany(COMMAND_RECENCY + 3)
    assert.equal(give(seat, given), 'command-not-recent')
    assert.equal(notice(seat, 2, vault, given, taken_at), 'accepted')
    assert.equal(held(seat).get(given.hash)?.taken_height, null)
    // Late, and so no witness.
    assert.equal(notice(seat, 4, vault, given, seat.tip), 'accepted')
    assert.equal(held(seat).get(given.hash)?.taken_height, null)
    assert.equal(notice(seat, 3, vault, given, taken_at + 1), 'accepted')
    assert.equal(held(seat).get(given.hash)?.taken_height, seat.tip)
    // I vouch for nothing: my own word says when I took it.
    assert.deepEqual(seat.sent('command').map(({ body }) => body.height), [seat.tip])
  })

  it('that nobody else vouches for is forgotten after a while', () => {
    const seat = ready()
    const given = orderAt(seat.tip, vault, revoke)
    const taken_at = seat.tip
    seat.connectMany(COMMAND_RECENCY + 3)
    notice(seat, 2, vault, given, taken_at)
    assert.equal(held(seat).size, 1)
    seat.connectMany(COMMAND_RECENCY + 1)
    assert.equal(held(seat).size, 0)
    seat.checkDurable()
  })

  it('is rejected with another attachment or of another vault, and only ignored where its signatures do not do', () => {
    const seat = ready()
    const given = orderAt(seat.tip, vault, revoke)
    const other = orderAt(seat.tip, vault, revoke, { nonce: 'other' })
    assert.equal(notice(seat, 2, vault, { ...given, bytes: other.bytes }), 'bad-attachment')
    assert.equal(notice(seat, 2, vault, { ...given, bytes: new Uint8Array([1]) }), 'malformed')
    const elsewhere = orderAt(seat.tip, vaultOf(setting, { label: 'other' }), revoke)
    assert.equal(notice(seat, 2, vault, elsewhere), 'wrong-vault')
    const unsigned = orderAt(seat.tip, vault, revoke, { keys: [hexOf('stranger')] })
    assert.equal(notice(seat, 2, vault, unsigned), 'command-refused')
    assert.equal(held(seat).size, 0)
  })
})

describe('the order to cancel a generation', () => {
  const next = vaultOf(setting, { generation: 2, previous: vault.hash, change: (manifest) => ({ ...manifest, activation_delay: 20 }) })
  const cancel = { order: 'cancel-generation', manifest_hash: next.hash } as const
  const stateOf = (seat: Seat) => seat.state.durable.vaults.get(vault.vault_id)?.manifests.find(({ hash }) => hash === next.hash) ?? assert.fail()

  it('keeps it from ever becoming active, while every share of it stays armed', () => {
    const seat = ready()
    seat.enrol(next)
    assert.equal(give(seat, orderAt(seat.tip, vault, cancel)), 'accepted')
    seat.connectMany(60)
    assert.equal(stateOf(seat).activated_height, null)
    assert.equal(seat.state.durable.vaults.get(vault.vault_id)?.active, vault.hash)
    assert.equal(stateOf(seat).shares.length, next.shares.length)
    assert.equal(give(seat, orderAt(seat.tip, vault, cancel, { nonce: 'again' })), 'not-waiting')
    seat.theftConfirmed(next)
    assert.equal(seat.sent('vote').length, 1)
  })

  it('is handed on for so long only: members that took different ones would ask each other for good', () => {
    const seat = ready()
    seat.enrol(next)
    give(seat, orderAt(seat.tip, vault, cancel))
    const spoken = (): number => {
      seat.pass(10_000)
      return seat.sent('heartbeat').at(-1)?.body.owner_messages.length ?? assert.fail()
    }
    assert.equal(spoken(), 1)
    seat.connectMany(HANDED_ON_BLOCKS)
    assert.equal(spoken(), 0)
    assert.equal(stateOf(seat).cancelled, true)
  })

  it('comes too late for one that is active, and means nothing to the first', () => {
    const seat = ready()
    assert.equal(give(seat, orderAt(seat.tip, vault, { ...cancel, manifest_hash: vault.hash })), 'not-waiting')
    assert.equal(give(seat, orderAt(seat.tip, vault, cancel)), 'unknown-manifest')
    seat.enrol(next)
    seat.connectMany(30)
    assert.equal(seat.state.durable.vaults.get(vault.vault_id)?.active, next.hash)
    assert.equal(give(seat, orderAt(seat.tip, vault, cancel)), 'not-waiting')
  })

  it('cannot be kept out by cancels that are to fall due later', () => {
    const seat = ready()
    seat.enrol(next)
    for (let at = 0; at < 10; at++) give(seat, orderAt(seat.tip, vault, cancel, { nonce: `${at}`, anchor: blockAt(seat.tip + 12) }))
    seat.connectMany(60)
    assert.equal(stateOf(seat).cancelled, true)
    assert.equal(stateOf(seat).activated_height, null)
  })
})

describe('what owners are told of their orders', () => {
  it('is that the vault is revoked, what may be destroyed, and each drill', () => {
    const seat = ready()
    give(seat, orderAt(seat.tip, vault, revoke))
    give(seat, orderAt(seat.tip, vault, checking))
    const vaults = ask(seat, 'vaults')
    assert.ok(vaults.answer === 'vaults')
    const [one] = vaults.vaults
    assert.deepEqual([one?.revoked, one?.destroyable, one?.deposit, one?.exposed], [true, false, 'there', false])
    assert.deepEqual(one?.drills, [{ level: 2, height: seat.tip, status: 'running' }])
    const drills = ask(seat, 'drills')
    assert.ok(drills.answer === 'drills')
    assert.deepEqual(drills.drills.map(({ level, status }) => [level, status]), [[2, 'running']])
  })
})
