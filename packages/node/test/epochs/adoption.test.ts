import assert from 'node:assert/strict'
import { FederationError, type FederationErrorCode, type Lock } from '@belfry/protocol'
import { adopt } from '../../src/epochs/adoption.ts'
import { firstLock, lockAfter, ports, somebody } from './locks.ts'

const FIVE = ['alice', 'bob', 'carol', 'dave', 'erin'].map(somebody)
const [alice, bob] = FIVE as [ReturnType<typeof somebody>, ReturnType<typeof somebody>]
const FIRST = firstLock(FIVE)
const { lock: SECOND, members: afterSecond } = lockAfter(FIRST, FIVE, alice, somebody('frank'))
const { lock: THIRD } = lockAfter(SECOND, afterSecond, bob, somebody('grace'))
const { lock: RIVAL, members: afterRival } = lockAfter(FIRST, FIVE, bob, somebody('heidi'))
const { lock: AFTER_RIVAL } = lockAfter(RIVAL, afterRival, alice, somebody('ivan'))
const OTHER = firstLock(FIVE.slice(0, 4))

const served = (configured: readonly Lock[], known: readonly Lock[] = []): number[] =>
  adopt(ports, configured, known).served.map(({ epoch }) => epoch)
const hashes = (locks: readonly Lock[]): string[] => locks.map(({ lock_hash }) => lock_hash)
const isRefusal = (code: FederationErrorCode) => (error: unknown) => error instanceof FederationError && error.code === code

describe('which locks are adopted', () => {
  it('are all that follow each other, in whatever order they are configured', () => {
    assert.deepEqual(served([FIRST]), [0])
    assert.deepEqual(served([THIRD, FIRST, SECOND]), [0, 1, 2])
    assert.deepEqual(served([THIRD, SECOND, SECOND], [FIRST, SECOND]), [1, 2])
  })

  it('are also those of a member that joined late and was given no earlier ones', () => {
    assert.deepEqual(served([SECOND]), [1])
    assert.deepEqual(served([THIRD]), [2])
  })

  it('are refused where one between them is missing, also between them and what was served before', () => {
    assert.throws(() => adopt(ports, [FIRST, THIRD], []), isRefusal('lock-not-next'))
    assert.throws(() => adopt(ports, [THIRD], [FIRST]), isRefusal('lock-not-next'))
    assert.deepEqual(served([THIRD], [FIRST, SECOND]), [2])
  })

  it('are refused without enough consents of what was served before', () => {
    const [consent] = SECOND.consents
    assert.ok(consent)
    const few: Lock = { ...SECOND, consents: [consent] }
    assert.throws(() => adopt(ports, [FIRST, few], []), isRefusal('consents-missing'))
    assert.throws(() => adopt(ports, [few], [FIRST]), isRefusal('consents-missing'))
  })

  it('are neither of two that follow the same one, nor what follows them: what both follow is served', () => {
    const { served: left, conflicts } = adopt(ports, [FIRST, SECOND, RIVAL, THIRD], [FIRST])
    assert.deepEqual(hashes(left), hashes([FIRST]))
    assert.deepEqual(conflicts.map(({ code }) => code), ['two-successors', 'two-successors'])
    for (const { message } of conflicts) for (const { lock_hash } of [SECOND, RIVAL]) assert.ok(message.includes(lock_hash))
  })

  it('are on with the one that was adopted, whichever of two is configured', () => {
    for (const configured of [[FIRST, SECOND, RIVAL], [FIRST, RIVAL], [RIVAL], [RIVAL, AFTER_RIVAL, FIRST]]) {
      const { served: left, conflicts } = adopt(ports, configured, [FIRST, SECOND])
      assert.ok(hashes(left).includes(SECOND.lock_hash), configured.map(({ epoch }) => epoch).join())
      assert.ok(!hashes(left).includes(RIVAL.lock_hash))
      assert.ok(!hashes(left).includes(AFTER_RIVAL.lock_hash))
      assert.deepEqual(conflicts.map(({ code }) => code), ['two-successors'])
    }
  })

  it('take no notice of a successor that too few consented to', () => {
    const forged: Lock = { ...RIVAL, consents: RIVAL.consents.slice(0, 1) }
    assert.throws(() => adopt(ports, [FIRST, SECOND, forged], [FIRST, SECOND]), FederationError)
    assert.deepEqual(served([FIRST, SECOND], [FIRST, forged]), [0, 1])
  })

  it('may be another federation\'s, in a directory that was used before', () => {
    assert.deepEqual(hashes(adopt(ports, [OTHER], [FIRST, SECOND]).served), hashes([OTHER]))
  })
})
