import assert from 'node:assert/strict'
import { type Input, type LogRecord, type Order, type Output, encodeCommand } from '@belfry/protocol'
import type { BlockHash, Height, LockHash, MemberIndex, Millis, VaultId } from '@belfry/protocol/primitives'
import type { Context } from '../../src/invariants/index.ts'
import { OWNER } from '../../src/invariants/owner.ts'
import type { SimMember } from '../../src/member/index.ts'

const BY_OWNER = new Uint8Array([1])
const BY_ANOTHER = new Uint8Array([2])
const LOCK = '11'.repeat(32) as LockHash
const ANOTHER_LOCK = '22'.repeat(32) as LockHash
const INPUT = { kind: 'tick', at_ms: 0 } as unknown as Input

interface Given {
  readonly lock_hash?: LockHash
  /** What was signed, where that is something else. */
  readonly order?: Order
}

/** An order to forget the vault that was obeyed: only the order is left of it. */
function memberThatForgot(signature: Uint8Array, { lock_hash = LOCK, order = { order: 'destroy' } }: Given = {}): SimMember {
  const anchor = { height: 7 as Height, hash: '33'.repeat(32) as BlockHash }
  const vault_id = '44'.repeat(32) as VaultId
  const bytes = encodeCommand({ format: 'belfry-command', version: 1, lock_hash, vault_id, nonce: new Uint8Array(16), anchor, what: order })
  const command = { command: { lock_hash: LOCK, what: { order: 'destroy' } }, signed: { bytes, signatures: [{ key: 'root', signature }] } }
  const durable = { vaults: new Map(), destroyed: new Map([['vault', { command_hash: 'order', command }]]) }
  return { index: 1 as MemberIndex, state: { durable } } as unknown as SimMember
}

function judged(member: SimMember, record: object): string[] {
  const failed: string[] = []
  const context = {
    fail: (detail: string) => failed.push(detail),
    isHonest: () => true,
    federation: { lock_hash: LOCK },
    vaults: { deals: [{ hash: 'made', manifest: { owner: { root: 'root' } } }] },
    ports: { sha256: () => new Uint8Array(32), verifyOwner: (_key: string, _digest: Uint8Array, [by]: Uint8Array) => by === BY_OWNER[0] },
  } as unknown as Context
  const output: Output = { records: [record as LogRecord], immediate: [], afterDurable: [], wake_at_ms: 0 as Millis }
  OWNER.watch(context).onStep?.(member, INPUT, output, 1)
  return failed
}

describe('what members take for the word of an owner', () => {
  const taken = { record: 'command-taken', vault_id: 'vault', command_hash: 'order' }

  it('is looked at also where the order was to forget the vault, and it is forgotten', () => {
    assert.deepEqual(judged(memberThatForgot(BY_OWNER), taken), [])
    assert.deepEqual(judged(memberThatForgot(BY_ANOTHER), taken), ['an order was taken that no owner signed: destroy'])
  })

  it('is no order for another lock, whatever was read of it', () => {
    assert.deepEqual(judged(memberThatForgot(BY_OWNER, { lock_hash: ANOTHER_LOCK }), taken), ['an order was taken that no owner signed: destroy'])
  })

  it('is no other order than the one that was signed', () => {
    assert.deepEqual(judged(memberThatForgot(BY_OWNER, { order: { order: 'revoke' } }), taken), ['an order was taken that no owner signed: destroy'])
  })

  it('is nothing that is not known', () => {
    assert.equal(judged(memberThatForgot(BY_OWNER), { ...taken, command_hash: 'another' }).length, 1)
    assert.equal(judged(memberThatForgot(BY_OWNER), { record: 'manifest-withdrawn', vault_id: 'vault', hash: 'made' }).length, 1)
  })

  it('is a manifest that the owner made', () => {
    assert.deepEqual(judged(memberThatForgot(BY_OWNER), { record: 'manifest-armed', hash: 'made' }), [])
    assert.deepEqual(judged(memberThatForgot(BY_OWNER), { record: 'manifest-armed', hash: 'forged' }), ['a manifest was armed that no owner made'])
  })
})
