import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { SHARE_BYTES } from '@belfry/protocol'
import { type MemberIndex, toHex } from '@belfry/protocol/primitives'
import type { Context } from '../../src/invariants/index.ts'
import { S8 } from '../../src/invariants/s8-broadcasts.ts'
import type { SimMember } from '../../src/member/index.ts'

const ME = { index: 1 as MemberIndex } as SimMember

function watched(shares: readonly Uint8Array[]) {
  const failed: string[] = []
  const deals = [{ shares: new Map([['envelope', new Map(shares.map((share, at) => [at + 1, share]))]]) }]
  const context = { vaults: { deals }, isHonest: () => true, fail: (detail: string) => failed.push(detail) } as unknown as Context
  return { failed, watcher: S8.watch(context) }
}

const anyShare = fc.uint8Array({ minLength: SHARE_BYTES, maxLength: SHARE_BYTES })
const around = fc.uint8Array({ maxLength: 100 })

describe('S8', () => {
  it('finds a share in what leaves, wherever it stands there', () => {
    fc.assert(
      fc.property(fc.array(anyShare, { minLength: 1, maxLength: 5 }), around, around, (shares, before, after) => {
        const { failed, watcher } = watched(shares)
        watcher.onLeaving?.(ME, { effect: 'gossip', bytes: Uint8Array.from([...before, ...(shares.at(-1) ?? []), ...after]) })
        assert.deepEqual(failed, ['a share went out by gossip'])
      }),
    )
  })

  it('finds a share in what is told', () => {
    fc.assert(
      fc.property(anyShare, fc.string({ maxLength: 30 }), around, (share, before, after) => {
        const { failed, watcher } = watched([share])
        watcher.onImmediate?.(ME, { effect: 'tell', tell: { level: 'info', event: 'rebuilt', detail: before + toHex(share) + toHex(after) } })
        assert.deepEqual(failed, ['a share was told'])
      }),
    )
  })

  it('holds where all but the first byte of a share is seen', () => {
    const share = Uint8Array.from({ length: SHARE_BYTES }, (_, at) => 7 * at + 1)
    const { failed, watcher } = watched([share])
    watcher.onLeaving?.(ME, { effect: 'gossip', bytes: Uint8Array.of(0, ...share.subarray(1), ...new Uint8Array(50)) })
    watcher.onImmediate?.(ME, { effect: 'tell', tell: { level: 'info', event: 'rebuilt', detail: toHex(share.subarray(1)) } })
    assert.deepEqual(failed, [])
  })
})
