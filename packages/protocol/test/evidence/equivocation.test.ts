import assert from 'node:assert/strict'
import { NO_DISCRIMINATOR, type MemberIndex, decodeHeader, verifyFrame } from '../../src/index.ts'
import { Seat } from '../core/seat.ts'
import { portsOf, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)

/** Two votes under one number: the second with another anchor. */
function equivocate(seat: Seat, from: number, seq: number): void {
  for (const back of [0, 1]) {
    const body = { ...seat.voteBody(vault), anchor_height: (seat.tip - back) as never }
    seat.say(from, 'vote', body, { head: { boot: 3, seq } })
  }
}

describe('evidence', () => {
  it('is two different messages of one member under one number, which anyone can check', () => {
    const seat = Seat.guarding(vault, setting)
    equivocate(seat, 4, 77)
    const [kept, ...rest] = [...seat.state.durable.evidence.values()]
    assert.ok(kept)
    assert.deepEqual(rest, [])
    const { federation } = setting
    const anybody = portsOf('anybody')
    const heads = [kept.first, kept.second].map((one) => {
      assert.ok(verifyFrame(anybody, federation.lock_hash, federation.memberOf(kept.member).node_key, one))
      return decodeHeader(one.signed)
    })
    assert.deepEqual(
      heads.map(({ from, boot, seq }) => [from, boot, seq]),
      [
        [4, 3, 77],
        [4, 3, 77],
      ],
    )
    assert.notDeepEqual(kept.first.signed, kept.second.signed)
    assert.deepEqual(
      seat.tells('evidence').map(({ member }) => member),
      [4],
    )
    seat.checkDurable()
  })

  it('is none where the same message comes again, with or without its transaction', () => {
    const seat = Seat.guarding(vault, setting)
    const head = { boot: 3, seq: 77 }
    for (const attachment of [vault.unvault.raw, null, vault.unvault.raw]) {
      seat.say(4, 'vote', seat.voteBody(vault), { head, attachment })
    }
    assert.equal(seat.state.durable.evidence.size, 0)
  })

  it('is not sought in what is large and binds nobody: to remember that would take too much memory', () => {
    const large = settingOf(12)
    const one = vaultOf(large)
    const seat = Seat.guarding(one, large)
    const votes = seat.others().map((from) => seat.frame(from, 'vote', seat.voteBody(one)))
    const { vault_id, theft: incident_id } = one
    const before = seat.state.volatile.recent.get(4 as MemberIndex)?.size
    seat.say(4, 'certificate', { vault_id, trigger: 'theft', discriminator: NO_DISCRIMINATOR, incident_id, action: 'clawback', votes })
    const after = seat.state.volatile.recent.get(4 as MemberIndex)
    assert.equal(after?.size, (before ?? 0) + 1, 'its vote in the certificate, and not the certificate')
  })

  it('is none where the number is of another boot', () => {
    const seat = Seat.guarding(vault, setting)
    seat.say(4, 'vote', seat.voteBody(vault), { head: { boot: 3, seq: 77 } })
    seat.say(4, 'vote', { ...seat.voteBody(vault), anchor_height: 90 as never }, { head: { boot: 4, seq: 77 } })
    assert.equal(seat.state.durable.evidence.size, 0)
  })

  it('is kept of a few pieces for each member, so that no liar fills the disk', () => {
    const seat = Seat.guarding(vault, setting)
    for (let seq = 0; seq < 20; seq++) equivocate(seat, 4, 1_000 + seq)
    equivocate(seat, 5, 1)
    const members = [...seat.state.durable.evidence.values()].map(({ member }) => member)
    assert.deepEqual(
      members.toSorted((a, b) => a - b),
      [4, 4, 5],
    )
    seat.checkDurable()
  })

  it('never names a member for what comes back of its own words after its restart', () => {
    const seat = Seat.guarding(vault, setting)
    const other = Seat.guarding(vault, setting, 2)
    const heard = (from: number) => {
      for (const output of other.outputs.slice(from)) {
        for (const effect of output.afterDurable) if (effect.effect === 'gossip') seat.receive(effect.bytes, 2)
      }
    }
    // In a life in which this seat has not spoken for it.
    let since = other.outputs.length
    other.restart()
    heard(since)
    for (let life = 0; life < 5; life++) {
      since = other.outputs.length
      // A frame may overtake the start.
      other.state = other.core.restore(other.restored())
      other.say(3, 'vote', other.voteBody(vault))
      other.step({ kind: 'start' })
      other.theftConfirmed(vault)
      other.pass(10_000)
      heard(since)
    }
    assert.equal(seat.state.durable.evidence.size, 0)
  })
})
