import assert from 'node:assert/strict'
import { MAX_PANICS, MAX_PANICS_PER_WINDOW, PANIC_WINDOW, taggedHash } from '../../src/index.ts'
import { MAX_PANICS_HEARD } from '../../src/owner/limits.ts'
import { type Hash32, type MemberIndex, toHex } from '../../src/primitives/index.ts'
import { type GivenCommand, ask, give, incidentOf, notice, orderAt, voteFor } from '../core/commands.ts'
import { Seat, immediate } from '../core/seat.ts'
import { blockAt, hasher, hexOf, settingOf, transactionOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const panic = { order: 'panic' } as const
const EMERGENCY = vault.manifest.emergency.map(({ envelope_id }) => envelope_id)
const TOP = vault.manifest.emergency.at(-1) ?? assert.fail()
const emergencyTx = (rate: number) => transactionOf(`vault/emergency/${rate}`)

function ready(): Seat {
  const seat = Seat.guarding(vault, setting)
  seat.connectMany(20)
  return seat
}

function called(seat: Seat, voters: readonly number[] = [2, 3]): GivenCommand {
  const given = orderAt(seat.tip, vault, panic)
  assert.equal(give(seat, given), 'accepted')
  for (const from of voters) assert.equal(voteFor(seat, from, vault, 'panic', given), 'accepted')
  return given
}

const sealedFor = (seat: Seat, since = 0) => immediate(seat.outputs.slice(since), 'seal-share').map(({ envelope_id, to }) => `${EMERGENCY.indexOf(envelope_id)}>${to}`)

describe('a panic', () => {
  it('makes a member that took the command vote at once, with the command', () => {
    const seat = ready()
    const given = called(seat, [])
    assert.deepEqual(seat.sent('vote').map(({ body }) => [body.trigger, body.action, body.incident_id]), [['panic', 'emergency', incidentOf(vault, 'panic', given)]])
    assert.equal(sealedFor(seat).length, 0)
  })

  it('releases every emergency rung to every member once q voted, highest first, and no other share', () => {
    const seat = ready()
    called(seat)
    assert.deepEqual(sealedFor(seat).toSorted(), ['0>2', '0>3', '0>4', '0>5', '1>2', '1>3', '1>4', '1>5'])
    assert.ok(sealedFor(seat)[0]?.startsWith('1>'))
    const mine = immediate(seat.outputs, 'open-share').map(({ envelope_id }) => envelope_id)
    assert.deepEqual(mine.toSorted(), EMERGENCY.toSorted())
  })

  it('submits the highest rung, first and alone, though lower ones were rebuilt before', () => {
    const seat = ready()
    const given = called(seat)
    const sealed = new Uint8Array(81).fill(7)
    const sealed_hash = toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32
    for (const envelope_id of EMERGENCY) {
      for (const from of [2, 3]) {
        const body = { incident_id: incidentOf(vault, 'panic', given), manifest_hash: vault.hash, envelope_id, to: 1 as MemberIndex, sealed_hash }
        assert.equal(seat.say(from, 'release', body, { attachment: sealed, channel: 'stream' }), 'accepted')
      }
    }
    seat.work(vault)
    assert.deepEqual(seat.broadcasts().map(({ txid }) => txid), [TOP.txid])
  })

  it('is opened by a vote that shows it, at a member that nobody told, and by no vote that does not', () => {
    const seat = ready()
    const given = orderAt(seat.tip, vault, panic)
    assert.equal(voteFor(seat, 2, vault, 'panic', given, false), 'unknown-command')
    assert.equal(seat.state.durable.incidents.size, 0)
    assert.equal(voteFor(seat, 2, vault, 'panic', given), 'accepted')
    assert.equal(seat.sent('vote').length, 1)
    assert.equal(seat.sent('command').length, 1)
  })

  it('is none without the signatures, however many members vote for it', () => {
    const seat = ready()
    const forged = orderAt(seat.tip, vault, panic, { keys: [hexOf('stranger')] })
    for (const from of [2, 3, 4, 5]) assert.equal(voteFor(seat, from, vault, 'panic', forged), 'unknown-command')
    assert.equal(give(seat, forged), 'command-not-authorised')
    assert.equal(seat.state.durable.incidents.size, 0)
    assert.equal(sealedFor(seat).length, 0)
  })

  it('stands until the deposit has left in a block: votes are renewed, and it goes on after a restart', () => {
    const seat = ready()
    called(seat)
    seat.connectMany(6)
    assert.equal(seat.sent('vote').length, 2)
    const before = seat.outputs.length
    seat.restart()
    seat.meet()
    assert.ok(immediate(seat.outputs.slice(before), 'open-share').length > 0)
    seat.connect([{ outpoint: vault.deposit, tx: emergencyTx(250) }])
    const votes = seat.sent('vote').length
    seat.connectMany(12)
    assert.equal(seat.sent('vote').length, votes)
  })

  it('leaves a coin that U took to the clawback, and takes it again when a reorganisation gives it back', () => {
    const seat = ready()
    seat.theftConfirmed(vault)
    const given = orderAt(seat.tip, vault, panic)
    assert.equal(give(seat, given), 'accepted')
    for (const from of [2, 3]) {
      seat.vote(from, vault)
      assert.equal(voteFor(seat, from, vault, 'panic', given), 'accepted')
    }
    seat.pass(60)
    const sealed = immediate(seat.outputs, 'seal-share')
    assert.ok(sealed.length > 0)
    assert.ok(sealed.every(({ incident_id }) => incident_id === vault.theft), 'K goes on, no E')
    const block = blockAt(seat.tip)
    const back = seat.outputs.length
    seat.chain({ event: 'spend-unconfirmed', outpoint: vault.deposit, txid: vault.unvault.txid, block })
    seat.chain({ event: 'block-disconnected', block, previous: blockAt(block.height - 1).hash })
    seat.chain({ event: 'block-connected', block: blockAt(block.height, 'branch'), previous: blockAt(block.height - 1).hash })
    const since = immediate(seat.outputs.slice(back), 'seal-share').map(({ envelope_id }) => envelope_id)
    assert.ok(EMERGENCY.every((one) => since.includes(one)))
  })

  it('does not make the vault exposed while it is under way, and does where all was in vain', () => {
    const seat = ready()
    called(seat)
    seat.connectMany(30)
    assert.equal(seat.tells('exposed').length, 0)
    seat.connect([{ outpoint: vault.deposit, tx: transactionOf('thief') }])
    seat.connectMany(100)
    assert.equal(seat.tells('exposed').length, 1)
    const told = ask(seat, 'vaults')
    assert.ok(told.answer === 'vaults' && told.vaults[0]?.exposed)
  })

  it('settles as recovered when its transaction is a hundred deep', () => {
    const seat = ready()
    const given = called(seat)
    seat.connect([{ outpoint: vault.deposit, tx: emergencyTx(250) }])
    seat.connectMany(99)
    assert.equal(seat.state.durable.incidents.get(incidentOf(vault, 'panic', given))?.settled, 'recovered')
    assert.equal(give(seat, orderAt(seat.tip, vault, panic, { nonce: 'late' })), 'coin-left')
  })

  it('does not hold up a theft, nor a theft it', () => {
    const seat = ready()
    called(seat)
    seat.theftSeen(vault)
    assert.ok(seat.sent('vote').some(({ body }) => body.trigger === 'theft'))
    assert.ok(TOP.feerate > 0 && sealedFor(seat).length > 0)
  })
})

describe('panics without end', () => {
  const many = (seat: Seat, count: number, tag = '') => Array.from({ length: count }, (_, at) => give(seat, orderAt(seat.tip, vault, panic, { nonce: `${tag}${at}` })))

  it('are taken few at a time and few in all, and it is told', () => {
    const seat = ready()
    const first = many(seat, 4)
    assert.deepEqual(first, ['accepted', 'accepted', 'panic-limit', 'panic-limit'])
    assert.equal(seat.tells('panic-limit').length, 2)
    seat.connectMany(PANIC_WINDOW)
    many(seat, 3, 'second')
    seat.connectMany(PANIC_WINDOW)
    many(seat, 3, 'third')
    const held = seat.state.durable.vaults.get(vault.vault_id)?.commands.size
    assert.equal(held, MAX_PANICS)
    assert.equal(MAX_PANICS_PER_WINDOW * 2, MAX_PANICS)
    seat.checkDurable()
  })

  it('do not make members deaf to one that another took, nor in the end to one that b+1 others took', () => {
    const seat = ready()
    many(seat, 4)
    const isOpen = (given: GivenCommand) => seat.state.durable.incidents.has(incidentOf(vault, 'panic', given))
    const others = Array.from({ length: MAX_PANICS_HEARD }, (_, at) => orderAt(seat.tip, vault, panic, { nonce: `theirs ${at}` }))
    const taken_at = seat.tip
    for (const given of others) notice(seat, 2, vault, given)
    seat.connect()
    assert.deepEqual(others.filter(isOpen), [], 'more may be under way')
    seat.connect()
    const byHash = others.toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    assert.deepEqual(byHash.map(isOpen), byHash.map((_, at) => at < MAX_PANICS_HEARD - MAX_PANICS_PER_WINDOW))
    const last = byHash.at(-1) ?? assert.fail()
    assert.equal(notice(seat, 3, vault, last, taken_at), 'accepted')
    assert.ok(isOpen(last))
    seat.checkDurable()
  })

  it('are the same ones at members that heard of a hundred in other orders, each with two of its own', () => {
    const seats = [1, 2].map((self) => {
      const seat = Seat.guarding(vault, setting, self)
      seat.connectMany(40)
      return seat
    })
    const [one, two] = seats
    assert.ok(one && two)
    const all = Array.from({ length: 100 }, (_, at) => orderAt(one.tip, vault, panic, { nonce: `spread ${at}` }))
    for (const [at, seat] of seats.entries()) {
      many(seat, 2, `own ${at} `)
      for (const given of at === 0 ? all : all.toReversed()) notice(seat, 3, vault, given)
      seat.connectMany(2)
      seat.checkDurable()
    }
    const lowest = all.map(({ hash }) => hash).toSorted().slice(0, MAX_PANICS_HEARD - MAX_PANICS_PER_WINDOW)
    for (const seat of seats) for (const hash of lowest) assert.notEqual(seat.state.durable.vaults.get(vault.vault_id)?.commands.get(hash)?.taken_height ?? null, null)
  })
})
