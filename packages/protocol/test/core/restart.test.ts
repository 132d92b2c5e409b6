/** Killed between any two records: what was signed is never signed again, and what was under way goes on. */
import assert from 'node:assert/strict'
import { type EnvelopeId, broadcasterOrder, decodeFrame, decodeHeader } from '../../src/index.ts'
import { toHex } from '../../src/primitives/index.ts'
import { Seat, durable, immediate } from './seat.ts'
import { clawbackTx, hasher, settingOf, vaultOf } from './setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const members = setting.federation.members.map(({ index }) => index)
const order = broadcasterOrder(hasher, setting.federation.lock_hash, vault.theft, members)
/** One that seals to two others. */
const self = order[4] ?? 1

/** A life from the first start to a clawback that is confirmed, in the order in which things happen. */
const LIFE: readonly ((seat: Seat) => void)[] = [
  (seat) => seat.begin(),
  (seat) => void seat.sendManifest(vault),
  (seat) => void seat.verified(vault),
  (seat) => void seat.publish(vault),
  (seat) => void seat.theftSeen(vault),
  (seat) => void seat.theftConfirmed(vault),
  (seat) => {
    for (const from of seat.others()) seat.vote(from, vault)
  },
  (seat) => seat.work(vault),
  (seat) => void seat.connect(),
  (seat) => seat.work(vault),
  (seat) => void seat.connect([{ outpoint: vault.unvaulted, tx: clawbackTx(2) }]),
  (seat) => seat.connectMany(2),
]

/** Every frame that may have left: only those of steps whose records are on the disk. */
function leftWith(seat: Seat, records: number): Uint8Array[] {
  let written = 0
  return seat.outputs.flatMap((output) => {
    written += output.records.length
    if (written > records) return []
    return [...durable([output], 'gossip'), ...durable([output], 'send')].map(({ bytes }) => bytes)
  })
}

describe('a member that is killed', () => {
  const whole = new Seat(setting, self)
  for (const part of LIFE) part(whole)
  const all = whole.log.length

  it('restores what it was from its log, at every record of its life', () => {
    for (let count = 0; count <= all; count++) {
      const seat = new Seat(setting, self)
      seat.log = whole.log.slice(0, count)
      seat.restart()
      seat.checkDurable()
    }
  })

  it('never signs one number or one slot for two messages, wherever it is cut off', () => {
    for (let count = 0; count <= all; count++) {
      const seat = new Seat(setting, self)
      seat.log = whole.log.slice(0, count)
      const left = leftWith(whole, count)
      const had = new Map([...seat.restored().ledger].map(([slot, { frame }]) => [slot, toHex(frame)]))
      seat.restart()
      seat.meet()
      seat.height = whole.height
      seat.theftSeen(vault)
      seat.connect()
      for (const from of seat.others()) seat.vote(from, vault)
      seat.work(vault)
      for (const [slot, frame] of had) assert.equal(toHex(seat.state.durable.ledger.get(slot)?.frame ?? new Uint8Array()), frame)
      const later = leftWith(seat, Number.POSITIVE_INFINITY)
      const numbers = new Map<string, string>()
      for (const bytes of [...left, ...later]) {
        const { signed } = decodeFrame(bytes)
        const { boot, seq } = decodeHeader(signed)
        const number = `${boot}/${seq}`
        assert.equal(numbers.get(number) ?? toHex(signed), toHex(signed), `record ${count}: ${number}`)
        numbers.set(number, toHex(signed))
      }
    }
  }).timeout(20_000)

  it('goes on with the theft: wherever it is cut off, its vote and its shares leave in the end', () => {
    for (let count = 0; count <= all; count++) {
      const seat = new Seat(setting, self)
      seat.log = whole.log.slice(0, count)
      const armed = seat.restored().vaults.get(vault.vault_id)?.active === vault.hash
      const confirmed = seat.restored().vaults.get(vault.vault_id)?.coins.get(vault.deposit)?.confirmed
      if (!armed || !confirmed) continue
      seat.restart()
      seat.meet()
      seat.height = (seat.state.durable.position?.height ?? 0) + 1
      seat.connect()
      for (const from of seat.others()) seat.vote(from, vault)
      seat.work(vault)
      const ask = { incident_id: vault.theft, votes: [], releases: [] as EnvelopeId[], broadcasts: [] }
      const since = seat.outputs.length
      seat.say(order[0] ?? 1, 'pull', { incidents: [ask], owner_messages: [], evidence: [], own: false, custody: [] }, { channel: 'stream' })
      const kinds = durable(seat.outputs.slice(since), 'send').map(({ bytes }) => decodeHeader(decodeFrame(bytes).signed))
      const recovered = seat.state.durable.vaults.get(vault.vault_id)?.coins.get(vault.unvaulted)?.confirmed
      assert.ok(kinds.some(({ kind, from }) => kind === 'vote' && from === self), `record ${count}: its vote`)
      if (!recovered) assert.ok(kinds.some(({ kind }) => kind === 'release'), `record ${count}: its share`)
    }
  }).timeout(20_000)

  it('asks all others for what it lacks as soon as they are connected again', () => {
    const seat = new Seat(setting, order[0] ?? 1)
    for (const part of LIFE.slice(0, 8)) part(seat)
    seat.restart()
    const since = seat.outputs.length
    for (const member of seat.others()) seat.step({ kind: 'peer', member: member as never, connected: true })
    const asked = seat.sent('pull', since)
    assert.deepEqual(asked.map(({ to }) => to as number), seat.others())
    assert.ok(asked.every(({ body }) => body.incidents.some(({ incident_id }) => incident_id === vault.theft)))
  })

  it('begins its life with whatever comes first, under a new boot', () => {
    const seat = Seat.guarding(vault, setting, self)
    const boot = seat.state.durable.boot
    seat.state = seat.core.restore(seat.restored())
    const output = seat.step({ kind: 'frame', peer: 2 as never, channel: 'gossip', bytes: new Uint8Array([1]), token: null })
    assert.deepEqual(output.records[0], { record: 'boot', boot: boot + 1 })
    for (const { bytes } of [...durable([output], 'gossip'), ...durable([output], 'send')]) {
      assert.equal(decodeHeader(decodeFrame(bytes).signed).boot, boot + 1)
    }
    assert.deepEqual(seat.step({ kind: 'start' }).records, [])
    assert.equal(immediate(seat.outputs.slice(-2), 'tell').filter(({ tell }) => tell.event === 'started').length, 1)
  })
})
