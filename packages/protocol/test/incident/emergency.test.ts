/** An emergency transaction spends what the thief's does, so that in the mempool it takes the place of its own trigger. */
import assert from 'node:assert/strict'
import { type BodyOf, type Hash32, incidentStatus, taggedHash, toHex } from '../../src/index.ts'
import { Seat } from '../core/seat.ts'
import { hasher, settingOf, transactionOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting, { emergency: [250] })
const [rung] = vault.manifest.emergency
const thief = transactionOf('thief')
const emergency = transactionOf('vault/emergency/250')
const sealed = new Uint8Array(81).fill(3)
const sealed_hash = toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32

/** The cold keys were stolen, and my bitcoind took the emergency transaction in place of the thief's. */
function answered(): Seat {
  const seat = Seat.guarding(vault, setting)
  seat.chain({ event: 'spend-seen', outpoint: vault.deposit, tx: thief })
  const claim = { trigger: 'cold-theft', incident_id: vault.cold_theft, action: 'emergency' } as const
  for (const from of seat.others()) seat.vote(from, vault, claim)
  seat.connect()
  seat.work(vault)
  assert.ok(rung)
  for (const from of seat.others()) {
    const body: BodyOf<'release'> = {
      incident_id: vault.cold_theft,
      manifest_hash: vault.hash,
      envelope_id: rung.envelope_id,
      to: seat.state.config.self,
      sealed_hash,
    }
    const since = seat.outputs.length
    seat.say(from, 'release', body, { attachment: sealed, channel: 'stream' })
    seat.work(vault, since)
  }
  const [sent] = seat.broadcasts()
  assert.equal(sent?.txid, emergency.txid)
  answer(seat)
  seat.chain({ event: 'spend-replaced', outpoint: vault.deposit, old_txid: thief.txid, tx: emergency })
  return seat
}

function answer(seat: Seat): void {
  assert.ok(rung)
  const { envelope_id, txid } = rung
  seat.outcome({ of: 'broadcast', incident_id: vault.cold_theft, envelope_id, txid, answer: 'accepted' })
}

describe('an emergency transaction in the mempool', () => {
  it('is sent again with each block, for bitcoind does not', () => {
    const seat = answered()
    for (let block = 0; block < 3; block++) {
      const since = seat.outputs.length
      seat.connect()
      assert.deepEqual(seat.broadcasts(since).map(({ txid }) => txid), [emergency.txid])
      answer(seat)
    }
  })

  it('is sent again when it was evicted, whether the thief comes back or not', () => {
    const seat = answered()
    seat.chain({ event: 'spend-evicted', outpoint: vault.deposit, txid: emergency.txid })
    const since = seat.outputs.length
    seat.connect()
    assert.deepEqual(seat.broadcasts(since).map(({ txid }) => txid), [emergency.txid])
  })

  it('leaves the vault unexposed, and its incident recovering', () => {
    const seat = answered()
    seat.connectMany(3)
    const held = seat.state.durable.vaults.get(vault.vault_id)
    const incident = seat.state.durable.incidents.get(vault.cold_theft)
    assert.ok(held && incident)
    assert.equal(held.exposed, false)
    assert.equal(incidentStatus(held, incident, seat.tip), 'recovering')
  })
})
