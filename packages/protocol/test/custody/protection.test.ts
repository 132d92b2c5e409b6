import assert from 'node:assert/strict'
import { PROTECTED_WITHIN_BLOCKS } from '../../src/custody/protection.ts'
import { enrolRequest, taggedHash } from '../../src/index.ts'
import { toCbor } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { hasher, ownerSign, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(4)
const vault = vaultOf(setting)

function told(seat: Seat): string[] {
  return [...seat.tells('vault-unprotected').map(() => 'unprotected'), ...seat.tells('vault-protected').map(() => 'protected')]
}

/** At me alone, so far. */
function armed(): Seat {
  const seat = new Seat(setting)
  seat.begin()
  seat.sendManifest(vault)
  seat.verified(vault)
  return seat
}

describe('a vault that too few members hold', () => {
  it('is told once, some blocks after it was armed, and once when enough hold it', () => {
    const seat = armed()
    seat.connectMany(PROTECTED_WITHIN_BLOCKS - 1)
    assert.deepEqual(told(seat), [])
    seat.connectMany(5)
    assert.deepEqual(told(seat), ['unprotected'])
    const [tell] = seat.tells('vault-unprotected')
    assert.deepEqual([tell?.level, tell?.vault_id, tell?.detail], ['error', vault.vault_id, 'held by 1 members, 4 needed'])
    for (const from of [2, 3]) seat.receive(seat.receiptOf(from, vault), from)
    seat.connectMany(2)
    assert.deepEqual(told(seat), ['unprotected'])
    seat.receive(seat.receiptOf(4, vault), 4)
    seat.connectMany(2)
    assert.deepEqual(told(seat), ['unprotected', 'protected'])
  })

  it('is not told to be held by enough where its owner withdrew it', () => {
    const seat = armed()
    seat.connectMany(PROTECTED_WITHIN_BLOCKS + 1)
    assert.deepEqual(told(seat), ['unprotected'])
    const signature = ownerSign(setting.owner.root, taggedHash(hasher, 'withdraw', vault.signed.bytes))
    seat.request(toCbor(enrolRequest, { request: 'withdraw', manifest_hash: vault.hash, signatures: [{ key: setting.owner.root, signature }] }))
    seat.connectMany(3)
    assert.deepEqual(told(seat), ['unprotected'])
    assert.equal(seat.state.volatile.unprotected.size, 0)
  })

  it('is not told where enough hold it in time', () => {
    const seat = armed()
    for (const from of [2, 3, 4]) seat.receive(seat.receiptOf(from, vault), from)
    seat.connectMany(3 * PROTECTED_WITHIN_BLOCKS)
    assert.deepEqual(told(seat), [])
  })
})
