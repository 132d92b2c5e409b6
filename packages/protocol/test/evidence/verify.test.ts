import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { EVIDENCE_FAULTS, type BodyOf, type EvidenceFault, type MemberIndex, type MemberKind, decodeFrame, evidenceFile, parseEvidence, verifyEvidence } from '../../src/index.ts'
import type { Evidence } from '../../src/messages/evidence.ts'
import type { Hash32, Height, ManifestHash } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { hexOf, portsOf, settingOf, vaultOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const { federation } = setting
/** Somebody who has the lock and nothing else. */
const anybody = portsOf('anybody')
const seat = new Seat(setting)
const LIAR = 4

type Part = Evidence['first']
type Head = NonNullable<Parameters<Seat['frame']>[3]>['head']

function part<K extends MemberKind>(kind: K, body: BodyOf<K>, head: Head = {}, from = LIAR): Part {
  const { signed, signature } = decodeFrame(seat.frame(from, kind, body, { head }))
  return { signed, signature }
}

function accuse(conflict: Evidence['conflict'], first: Part, second: Part, member = LIAR): Evidence {
  return { member: member as MemberIndex, conflict, first, second }
}

const verdictOn = (evidence: Evidence) => verifyEvidence(anybody, federation, evidence)

const vote = (change: Partial<BodyOf<'vote'>> = {}): BodyOf<'vote'> => ({ ...seat.voteBody(vault), ...change })
const release = (sealed: string, to = 1): BodyOf<'release'> => ({
  incident_id: vault.theft,
  manifest_hash: vault.hash,
  envelope_id: vault.ids[0] ?? assert.fail(),
  to: to as MemberIndex,
  sealed_hash: hexOf(sealed) as Hash32,
})
const holds = (generation: number): BodyOf<'receipt'> => ({ statement: 'holds', vault_id: vault.vault_id, generation, manifest_hash: vault.hash })
const drill = (result: 'good' | 'bad'): BodyOf<'receipt'> => ({
  statement: 'drill', vault_id: vault.vault_id, command_hash: hexOf('drill') as Hash32, level: 2, result, tried: 7, good: 7, height: 100 as Height,
})
const destroyed = (height: number): BodyOf<'receipt'> => ({
  statement: 'destroyed', vault_id: vault.vault_id, command_hash: hexOf('order') as Hash32, height: height as Height,
})
const notice = (height: number): BodyOf<'command'> => ({ vault_id: vault.vault_id, command_hash: hexOf('order') as Hash32, height: height as Height })
const broadcast = (height: number): BodyOf<'receipt'> => ({
  statement: 'broadcast', vault_id: vault.vault_id, incident_id: vault.theft, txid: vault.unvault.txid, height: height as Height,
})

const SAME = { boot: 3, seq: 77 }

describe('evidence', () => {
  it('convicts by one number under two messages, of whatever kind', () => {
    const pairs: [Part, Part][] = [
      [part('vote', vote(), SAME), part('vote', vote({ anchor_height: 90 as Height }), SAME)],
      [part('heartbeat', quietHeartbeat(), SAME), part('vote', vote(), SAME)],
      [part('receipt', broadcast(1), SAME), part('receipt', broadcast(2), SAME)],
    ]
    for (const [first, second] of pairs) assert.equal(verdictOn(accuse('number', first, second)), 'ok')
  })

  it('convicts by two bodies for one slot, in every kind that has slots', () => {
    const pairs: [Part, Part][] = [
      [part('release', release('a')), part('release', release('b'))],
      [part('release', release('a')), part('release', { ...release('a'), manifest_hash: hexOf('other') as ManifestHash })],
      [part('receipt', holds(1)), part('receipt', holds(2))],
      [part('receipt', drill('good')), part('receipt', drill('bad'))],
      [part('receipt', destroyed(1)), part('receipt', destroyed(2))],
      [part('command', notice(1)), part('command', notice(2))],
    ]
    for (const [first, second] of pairs) assert.equal(verdictOn(accuse('slot', first, second)), 'ok')
  })

  const faults: Readonly<Record<EvidenceFault, () => Evidence>> = {
    'later-version': () => accuse('number', part('vote', vote(), SAME), part('vote', vote(), { ...SAME, version: 2 })),
    'later-form': () => accuse('slot', part('vote', vote(), { kind: 'intent' }), part('vote', vote(), { kind: 'intent', seq: 8 })),
    'other-epoch': () => accuse('number', part('vote', vote(), SAME), part('vote', vote(), { ...SAME, epoch: 1 })),
    unreadable: () => accuse('number', part('vote', vote(), SAME), { signed: new Uint8Array([0xff]), signature: new Uint8Array(64) }),
    'not-a-member': () => accuse('number', part('vote', vote(), SAME), part('heartbeat', quietHeartbeat(), SAME), 60),
    'another-member': () => accuse('number', part('vote', vote(), SAME), part('heartbeat', quietHeartbeat(), SAME, 3)),
    'wrong-peer-id': () => accuse('number', part('vote', vote(), SAME), part('heartbeat', quietHeartbeat(), { ...SAME, peer_id: 'other' })),
    'same-message': () => accuse('number', part('vote', vote(), { ...SAME, sent_at: 1 as never }), part('vote', vote(), { ...SAME, sent_at: 1 as never })),
    'other-number': () => accuse('number', part('vote', vote(), SAME), part('vote', vote(), { boot: 3, seq: 78 })),
    'no-slot': () => accuse('slot', part('receipt', broadcast(1)), part('receipt', broadcast(2))),
    'other-slot': () => accuse('slot', part('release', release('a', 1)), part('release', release('b', 2))),
    'same-body': () => accuse('slot', part('release', release('a')), part('release', release('a'))),
    'bad-signature': () => accuse('slot', part('release', release('a')), { ...part('release', release('b')), signature: new Uint8Array(64) }),
  }

  for (const fault of EVIDENCE_FAULTS) {
    it(`convicts nobody: ${fault}`, () => {
      assert.equal(verdictOn(faults[fault]()), fault)
    })
  }

  it('never convicts by votes, which can only repeat', () => {
    const first = part('vote', vote())
    const second = part('vote', vote({ witness_txid: hexOf('replaced') as never }))
    assert.equal(verdictOn(accuse('slot', first, second)), 'same-body')
  })

  it('of another federation is none, though the same keys signed it', () => {
    const other = settingOf(6)
    const good = accuse('number', part('vote', vote(), SAME), part('heartbeat', quietHeartbeat(), SAME))
    assert.notEqual(verifyEvidence(anybody, other.federation, good), 'ok')
  })

  it('that was changed anywhere convicts nobody', () => {
    const good = accuse('slot', part('release', release('a')), part('release', release('b')))
    assert.equal(verdictOn(good), 'ok')
    fc.assert(
      fc.property(fc.constantFrom('first' as const, 'second' as const), fc.constantFrom('signed' as const, 'signature' as const), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, what, at, by) => {
        const bytes = new Uint8Array(good[which][what])
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ by
        assert.notEqual(verdictOn({ ...good, [which]: { ...good[which], [what]: bytes } }), 'ok')
      }),
      { numRuns: 300 },
    )
  })

  it('is the same in its file', () => {
    const evidence = accuse('number', part('vote', vote(), SAME), part('heartbeat', quietHeartbeat(), SAME))
    const file = evidenceFile.toJson({ format: 'belfry-evidence', version: 1, lock_hash: federation.lock_hash, ...evidence })
    assert.equal(verdictOn(parseEvidence(JSON.stringify(file))), 'ok')
    assert.throws(() => parseEvidence(JSON.stringify({ ...(file as object), version: 2 })), { code: 'file-of-other-version' })
    assert.throws(() => parseEvidence(JSON.stringify({ ...(file as object), colour: 'red' })), { code: 'file-malformed' })
  })
})
