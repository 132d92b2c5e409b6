import assert from 'node:assert/strict'
import { type BodyOf, type Durable, GuardError, type GuardCode, GuardedSigner, type Header, MESSAGE_VERSION, type MemberKind, emptyDurable, verifyFrame, voteSlot } from '../../src/index.ts'
import { encodeHeader } from '../../src/messages/frame.ts'
import { encodeBody } from '../../src/messages/kinds.ts'
import type { Hash32, Height, LockHash, MemberIndex, Millis } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { hexOf, settingOf, vaultOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const { federation } = setting
const lock = federation.lock_hash
const self = 1 as MemberIndex
const [ports = assert.fail()] = setting.ports
const vote: BodyOf<'vote'> = new Seat(setting).voteBody(vault)

/** What the core would hand over to be signed, with something changed. */
function signedPart<K extends MemberKind>(kind: K, body: BodyOf<K>, change: Partial<Header> = {}): Uint8Array {
  return encodeHeader({
    version: MESSAGE_VERSION,
    lock_prefix: federation.lock_prefix,
    epoch: federation.epoch,
    kind,
    from: self,
    peer_id: federation.memberOf(self).peer_id,
    boot: 1,
    seq: 1,
    sent_at: 0 as Millis,
    body: encodeBody(kind, body),
    ...change,
  })
}

function signerOf(before: Partial<Durable> = {}): GuardedSigner {
  return new GuardedSigner(ports, self, { ...emptyDurable(), ...before })
}

function refuses(code: GuardCode, sign: () => unknown): void {
  assert.throws(sign, (error) => error instanceof GuardError && error.code === code)
}

describe('the signer', () => {
  it('signs what is new, as any member verifies it', () => {
    const signed = signedPart('vote', vote)
    const signature = signerOf().sign(lock, signed)
    assert.ok(verifyFrame(ports, lock, federation.memberOf(self).node_key, { signed, signature }))
  })

  it('refuses a second message for a slot, whether it says the same or not', () => {
    const signer = signerOf()
    const release = { incident_id: vault.theft, manifest_hash: vault.hash, envelope_id: vault.ids[0] ?? assert.fail(), to: 2 as MemberIndex, sealed_hash: hexOf('sealed') as Hash32 }
    signer.sign(lock, signedPart('vote', vote))
    refuses('slot-used', () => signer.sign(lock, signedPart('vote', vote, { seq: 2 })))
    signer.sign(lock, signedPart('vote', { ...vote, anchor_height: 999 as Height }, { seq: 3 }))
    signer.sign(lock, signedPart('release', release, { seq: 4 }))
    refuses('slot-used', () => signer.sign(lock, signedPart('release', { ...release, sealed_hash: hexOf('another') as Hash32 }, { seq: 5 })))
    signer.sign(lock, signedPart('release', { ...release, to: 3 as MemberIndex }, { seq: 6 }))
  })

  it('knows from the start what the log says was signed', () => {
    const slot = voteSlot(lock, vote.incident_id, vote.action, vote.anchor_height)
    const signer = signerOf({ boot: 4, ledger: new Map([[slot, { frame: new Uint8Array([1]), height: null }]]) })
    refuses('slot-used', () => signer.sign(lock, signedPart('vote', vote, { boot: 5 })))
  })

  it('refuses a number that was used, in this life or an earlier one', () => {
    const signer = signerOf({ boot: 4 })
    const beat = (boot: number, seq: number) => () => signer.sign(lock, signedPart('heartbeat', quietHeartbeat(), { boot, seq }))
    refuses('number-used', beat(4, 1_000_000))
    refuses('number-used', beat(3, 1))
    beat(5, 2)()
    refuses('number-used', beat(5, 2))
    refuses('number-used', beat(5, 1))
    beat(5, 3)()
  })

  it("refuses another member's message, another lock's, and what does not decode", () => {
    const signer = signerOf()
    refuses('not-mine', () => signer.sign(lock, signedPart('vote', vote, { from: 2 as MemberIndex })))
    refuses('foreign-lock', () => signer.sign(hexOf('lock') as LockHash, signedPart('vote', vote)))
    refuses('undecodable', () => signer.sign(lock, new Uint8Array([1, 2, 3])))
    refuses('undecodable', () => signer.sign(lock, signedPart('vote', vote, { kind: 'edict' })))
    refuses('undecodable', () => signer.sign(lock, signedPart('vote', vote, { body: new Uint8Array([0]) })))
  })

  it('stops the core where its ledger lost what was signed in this life', () => {
    const seat = Seat.guarding(vault, setting)
    seat.theftSeen(vault)
    const { ledger, incidents } = seat.state.durable
    const voted = [...ledger.keys()].filter((slot) => slot.startsWith('vote/'))
    assert.ok(voted.length > 0)
    for (const slot of voted) ledger.delete(slot)
    incidents.get(vault.theft)?.votes.delete(self)
    refuses('slot-used', () => seat.chain({ event: 'spend-evicted', outpoint: vault.deposit, txid: vault.unvault.txid }) && seat.theftSeen(vault))
  })
})
