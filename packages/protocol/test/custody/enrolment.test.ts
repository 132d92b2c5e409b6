import assert from 'node:assert/strict'
import {
  type EnrolRequest,
  type InfoRequest,
  MAX_VAULTS,
  type ManifestHash,
  type OwnerAnswer,
  decodeFrame,
  decodeHeader,
  enrolRequest,
  infoRequest,
  taggedHash,
} from '../../src/index.ts'
import { type Millis, type VaultId, toCbor } from '../../src/primitives/index.ts'
import { MAX_PENDING_ENROLMENTS } from '../../src/state/volatile.ts'
import { SECOND_WAVE_AFTER_MS } from '../../src/state/volatile.ts'
import { Seat, immediate } from '../core/seat.ts'
import { type TestVault, blockAt, hasher, hexOf, ownerSign, settingOf, transactionOf, vaultOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)

function started(): Seat {
  const seat = new Seat(setting)
  seat.begin()
  return seat
}

const codes = (answers: readonly OwnerAnswer[]) =>
  answers.map((one) => (one.answer === 'refused' ? one.code : one.answer))
const request = (value: EnrolRequest): Uint8Array => toCbor(enrolRequest, value)
const stateOf = (answers: readonly OwnerAnswer[]) =>
  answers.map((one) => (one.answer === 'state' ? one.state : one.answer))

function activeOf(seat: Seat): ManifestHash | null | undefined {
  return seat.state.durable.vaults.get(vault.vault_id)?.active
}

function withdraw(seat: Seat, of: TestVault, key = setting.owner.root): OwnerAnswer[] {
  const signature = ownerSign(key, taggedHash(hasher, 'withdraw', of.signed.bytes))
  return seat.request(request({ request: 'withdraw', manifest_hash: of.hash, signatures: [{ key, signature }] }))
}

describe('a manifest that an owner sends', () => {
  it('is armed and receipted once the shell has looked, and the receipt is the same ever after', () => {
    const seat = started()
    assert.deepEqual(seat.sendManifest(vault), [])
    const [wish] = immediate(seat.outputs, 'verify-enrolment')
    assert.deepEqual(wish?.watch, [vault.deposit, vault.unvaulted])
    assert.equal(wish?.shares.length, vault.ids.length)
    const [receipt] = seat.verified(vault)
    assert.equal(receipt?.answer, 'receipt')
    assert.deepEqual(seat.sendManifest(vault), [receipt])
    seat.restart()
    assert.deepEqual(seat.sendManifest(vault), [receipt])
    assert.equal(immediate(seat.outputs, 'verify-enrolment').length, 1)
  })

  it('is answered to all who sent it meanwhile, and to those who find no place at once', () => {
    const seat = started()
    seat.sendManifest(vault)
    const early: string[] = []
    for (let more = 0; more < 20; more++) early.push(...codes(seat.sendManifest(vault)))
    assert.deepEqual(
      early,
      Array.from({ length: 20 - MAX_PENDING_ENROLMENTS + 1 }, () => 'busy'),
    )
    assert.deepEqual(
      codes(seat.verified(vault)),
      Array.from({ length: MAX_PENDING_ENROLMENTS }, () => 'receipt'),
    )
    assert.deepEqual(seat.verified(vault), [], 'no second time')
  })

  it('is refused with what the shell found, and leaves nothing behind', () => {
    for (const check of ['share-does-not-open', 'deposit-spent', 'bitcoind-unreachable', 'no-room'] as const) {
      const seat = started()
      const before = seat.log.length
      seat.sendManifest(vault)
      assert.deepEqual(codes(seat.verified(vault, check)), [check])
      assert.equal(seat.log.length, before)
    }
  })

  it('is refused where its deposit moves while the shell is looking', () => {
    const seat = started()
    seat.sendManifest(vault)
    seat.chain({ event: 'spend-seen', outpoint: vault.deposit, tx: transactionOf('thief') })
    assert.deepEqual(codes(seat.verified(vault)), ['deposit-spent'])
  })

  it('finds no room beyond the limit, although many were looked at together', () => {
    const seat = started()
    const more = Array.from({ length: MAX_PENDING_ENROLMENTS }, (_, at) => vaultOf(setting, { label: `vault ${at}` }))
    for (const one of more) seat.sendManifest(one)
    const held = { deposit: vault.deposit, manifests: [], active: null, coins: new Map(), exposed: false, revoked: null, commands: new Map() }
    for (let at = 0; at < MAX_VAULTS - 1; at++) seat.state.durable.vaults.set(hexOf(`vault ${at}`) as VaultId, held)
    assert.deepEqual(
      more.flatMap((one) => codes(seat.verified(one))),
      ['receipt', ...more.slice(1).map(() => 'no-room')],
    )
    assert.equal(seat.state.durable.vaults.size, MAX_VAULTS)
    assert.deepEqual(codes(seat.sendManifest(vault)), ['no-room'])
  })

  it('waits for its turn while many others are looked at', () => {
    const seat = started()
    for (let at = 0; at < MAX_PENDING_ENROLMENTS; at++) seat.sendManifest(vaultOf(setting, { label: `vault ${at}` }))
    assert.deepEqual(codes(seat.sendManifest(vault)), ['busy'])
  })

  it('is refused to whoever is not its owner, and malformed bytes to everybody', () => {
    const seat = started()
    assert.deepEqual(codes(seat.sendManifest(vault, 'somebody else')), ['owner-not-admitted'])
    assert.deepEqual(codes(seat.request(new Uint8Array([0xff]))), ['malformed-request'])
    assert.deepEqual(codes(seat.request(new Uint8Array([0xff]), 'info')), ['malformed-request'])
    const junk = { ...vault, signed: { ...vault.signed, bytes: new Uint8Array([0xa0]) } }
    assert.deepEqual(codes(seat.sendManifest(junk)), ['malformed-request'])
  })
})

describe('a bundle of receipts', () => {
  const armed = (): Seat => {
    const seat = started()
    seat.sendManifest(vault)
    seat.verified(vault)
    return seat
  }

  it('activates the first generation at once, with receipts of enough members, mine among them', () => {
    const seat = armed()
    assert.deepEqual(codes(seat.publish(vault, [2, 3])), ['bundle-incomplete'])
    assert.deepEqual(stateOf(seat.publish(vault, [2, 3, 4])), ['active'])
    assert.equal(activeOf(seat), vault.hash)
    seat.checkDurable()
  })

  it('counts no receipt that a member would be blamed for handing on', () => {
    const seat = armed()
    const { vault_id, hash: manifest_hash } = vault
    const holds = { statement: 'holds', vault_id, generation: 1, manifest_hash } as const
    const receipts = [
      seat.frame(2, 'receipt', { ...holds, generation: 2 }),
      seat.frame(3, 'receipt', { ...holds, vault_id: hexOf('other') as VaultId }),
      seat.frame(4, 'receipt', holds, { head: { peer_id: 'another' } }),
      seat.frame(4, 'receipt', holds, { head: { epoch: 3 } }),
      seat.frame(5, 'receipt', holds, { attachment: new Uint8Array([1]) }),
      seat.frame(5, 'receipt', { ...holds, manifest_hash: hexOf('other') as ManifestHash }),
      seat.frameOf(5, { kind: 'heartbeat' }),
      new Uint8Array([0xff]),
    ]
    const answer = seat.request(request({ request: 'bundle', manifest_hash, receipts }))
    assert.deepEqual(codes(answer), ['bundle-incomplete'])
    const [held] = seat.state.durable.vaults.get(vault_id)?.manifests ?? []
    assert.deepEqual([...(held?.receipts.keys() ?? [])], [1])
  })

  it("is taken from the vault's own owner only, and for a manifest that I hold", () => {
    const seat = armed()
    const receipts = [2, 3, 4].map((from) => seat.receiptOf(from, vault))
    const bundle = request({ request: 'bundle', manifest_hash: vault.hash, receipts })
    assert.deepEqual(codes(seat.request(bundle, 'enrol', 'somebody else')), ['owner-not-admitted'])
    const other = request({ request: 'bundle', manifest_hash: hexOf('other') as ManifestHash, receipts })
    assert.deepEqual(codes(seat.request(other)), ['unknown-manifest'])
  })
})

describe('a later generation', () => {
  const next = (change: Parameters<typeof vaultOf>[1] = {}) =>
    vaultOf(setting, {
      generation: 2,
      previous: vault.hash,
      change: (one) => ({ ...one, csv: 200, activation_delay: 3 }),
      ...change,
    })

  it('activates after its notice, counted from the complete bundle, and the old one stays armed', () => {
    const seat = Seat.guarding(vault, setting)
    const second = next()
    seat.enrol(second)
    seat.connectMany(2)
    assert.equal(activeOf(seat), vault.hash)
    seat.connect()
    assert.equal(activeOf(seat), second.hash)
    assert.equal(seat.state.durable.vaults.get(vault.vault_id)?.manifests.length, 2)
    seat.theftConfirmed(vault)
    for (const from of seat.others()) seat.vote(from, vault)
    seat.pass(SECOND_WAVE_AFTER_MS)
    const ladders = new Set(immediate(seat.outputs, 'seal-share').map(({ manifest_hash }) => manifest_hash))
    assert.deepEqual(ladders, new Set([vault.hash, second.hash]), 'shares of both, for both name that unvault')
  })

  it('does not activate after a start before others have told what an owner ordered meanwhile', () => {
    const seat = Seat.guarding(vault, setting)
    const second = next()
    seat.enrol(second)
    seat.restart()
    seat.connectMany(10)
    assert.equal(activeOf(seat), vault.hash)
    seat.meet()
    seat.pass(setting.federation.timing.heartbeat_ms)
    assert.equal(activeOf(seat), second.hash)
  })

  it('does not activate while more members than may lie tell of tips far above mine: what was ordered meanwhile I hear when I am there', () => {
    const seat = Seat.guarding(vault, setting)
    const second = next()
    seat.enrol(second)
    const tell = (members: readonly number[], height: number): void => {
      for (const from of members) seat.say(from, 'heartbeat', quietHeartbeat({ tip: blockAt(height) }))
      seat.pass(setting.federation.timing.heartbeat_ms)
    }
    tell([2, 3], seat.tip + 20)
    seat.connectMany(10)
    assert.equal(activeOf(seat), vault.hash)
    tell([3], seat.tip)
    assert.equal(activeOf(seat), second.hash, 'one may lie')
  })

  it('is refused out of order, beside another, or without the keys of the one in force', () => {
    const seat = Seat.guarding(vault, setting)
    const stranger = hexOf('stranger')
    const second = next()
    const unsigned = {
      ...second,
      signed: { ...second.signed, signatures: [{ key: stranger, signature: new Uint8Array(64) }] },
    }
    assert.deepEqual(codes(seat.sendManifest(unsigned)), ['signatures-missing'])
    assert.deepEqual(codes(seat.sendManifest(next({ generation: 3 }))), ['generation-not-next'])
    assert.deepEqual(codes(seat.sendManifest(vaultOf(setting, { label: 'vault', rates: [3] }))), [
      'generation-not-next',
    ])
    assert.deepEqual(codes(seat.sendManifest(next({ previous: hexOf('other') as ManifestHash }))), ['previous-differs'])
    seat.sendManifest(second)
    seat.verified(second)
    assert.deepEqual(codes(seat.sendManifest(next({ rates: [3] }))), ['generation-taken'])
    assert.equal(seat.tells('second-manifest-of-a-generation')[0]?.level, 'error')
  })

  it('that is the first in its epoch asks the keys of the epoch before, too, where this node knows them', () => {
    const { root } = setting.owner
    const [second, third] = [hexOf('second key'), hexOf('third key')]
    const before = { k: 2, keys: [root, second, third] }
    const thief = started()
    thief.sendManifest(vault)
    assert.deepEqual(codes(thief.verified(vault, 'ok', before)), ['earlier-keys-missing'], 'the root key alone signed')
    assert.equal(thief.state.durable.vaults.size, 0)
    assert.equal(thief.sent('receipt').length, 0)
    assert.equal(thief.tells('manifest-refused')[0]?.level, 'error')

    const owner = started()
    const digest = taggedHash(hasher, 'manifest', vault.signed.bytes)
    const signatures = [root, third].map((key) => ({ key, signature: ownerSign(key, digest) }))
    const signed = { ...vault, signed: { ...vault.signed, signatures } }
    owner.sendManifest(signed)
    assert.deepEqual(codes(owner.verified(signed, 'ok', before)), ['receipt'])
  })

  it('that follows another in its epoch asks the keys of that one, whatever an epoch before says', () => {
    const seat = Seat.guarding(vault, setting)
    const second = next()
    seat.sendManifest(second)
    assert.deepEqual(codes(seat.verified(second, 'ok', { k: 1, keys: [hexOf('key of old')] })), ['receipt'])
  })

  it('makes room when it is withdrawn by the keys in force; withdrawn it stays armed and never activates', () => {
    const seat = Seat.guarding(vault, setting)
    const second = next()
    seat.sendManifest(second)
    seat.verified(second)
    assert.deepEqual(codes(withdraw(seat, second, hexOf('stranger'))), ['signatures-missing'])
    assert.deepEqual(stateOf(withdraw(seat, second)), ['withdrawn'])
    assert.deepEqual(codes(seat.publish(second)), ['manifest-withdrawn'])
    seat.connectMany(5)
    assert.equal(activeOf(seat), vault.hash)
    const third = next({ rates: [3] })
    seat.sendManifest(third)
    assert.deepEqual(codes(seat.verified(third)), ['receipt'])
    assert.equal(seat.state.durable.vaults.get(vault.vault_id)?.manifests.length, 3)
  })

  it('never disarms: withdrawing the active one changes nothing', () => {
    const seat = Seat.guarding(vault, setting)
    assert.deepEqual(stateOf(withdraw(seat, vault)), ['active'])
    seat.theftConfirmed(vault)
    assert.equal(seat.sent('vote').length, 1)
  })
})

describe("another member's receipt", () => {
  it('is held once, and ignored for a manifest that I do not hold', () => {
    const seat = started()
    const receipt = seat.receiptOf(2, vault)
    assert.equal(seat.receive(receipt, 2), 'unknown-manifest')
    seat.sendManifest(vault)
    seat.verified(vault)
    assert.equal(seat.receive(receipt, 2), 'accepted', 'what was ignored may be taken when I know more')
    assert.equal(seat.receive(seat.receiptOf(2, vault), 2), 'known')
    const { vault_id, hash: manifest_hash } = vault
    const wrong = { statement: 'holds', vault_id, generation: 9, manifest_hash } as const
    assert.equal(seat.say(3, 'receipt', wrong), 'wrong-generation')
  })

  it('of mine is gossiped when it is signed, with my true name', () => {
    const seat = started()
    seat.sendManifest(vault)
    const [answer] = seat.verified(vault)
    assert.ok(answer?.answer === 'receipt')
    const head = decodeHeader(decodeFrame(answer.frame).signed)
    assert.deepEqual([head.from, head.kind], [1, 'receipt'])
    assert.equal(seat.sent('receipt').length, 1)
    assert.ok(head.sent_at >= (0 as Millis))
  })
})

describe('the list that an owner asks for', () => {
  it('names their own vaults, with their states and incidents, to nobody else', () => {
    const seat = Seat.guarding(vault, setting)
    seat.theftSeen(vault)
    const info: InfoRequest = { what: 'vaults' }
    const [answer] = seat.request(toCbor(infoRequest, info), 'info')
    assert.ok(answer?.answer === 'vaults')
    assert.deepEqual(
      answer.vaults.map(({ vault_id }) => vault_id),
      [vault.vault_id],
    )
    assert.deepEqual(
      answer.vaults[0]?.manifests.map(({ state, receipts }) => [state, receipts]),
      [['active', [1, 2, 3, 4, 5]]],
    )
    assert.deepEqual(
      answer.vaults[0]?.incidents.map(({ trigger, status }) => [trigger, status]),
      [['theft', 'open']],
    )
    assert.deepEqual(codes(seat.request(toCbor(infoRequest, info), 'info', 'somebody else')), ['owner-not-admitted'])
  })

  it('names a vault to each owner and guardian whose key it has, who may cancel or call a panic by what it says', () => {
    const [other, guardian, stranger] = ['bob', 'gina', 'mallory'].map((name) => ({ peer_id: `${name}-peer`, root: hexOf(`${name} root`) }))
    assert.ok(other && guardian && stranger)
    const { root } = setting.owner
    const owner = { root, enrol: { k: 1, keys: [root, other.root] }, announce: [], panic: { k: 1, keys: [root, guardian.root] } }
    const shared = vaultOf(setting, { change: (manifest) => ({ ...manifest, owner }) })
    const seat = Seat.guarding(shared, { ...setting, others: [other, guardian, stranger] })
    const info: InfoRequest = { what: 'vaults' }
    const told = (peer_id: string): number[] =>
      seat.request(toCbor(infoRequest, info), 'info', peer_id).map((one) => (one.answer === 'vaults' ? one.vaults.length : -1))
    assert.deepEqual([told(other.peer_id), told(guardian.peer_id), told(stranger.peer_id)], [[1], [1], [0]])
  })
})
