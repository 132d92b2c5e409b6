import assert from 'node:assert/strict'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Alert, Context } from '../../src/invariants/index.ts'
import { L3_DISK } from '../../src/invariants/l3-disk.ts'
import type { SimMember } from '../../src/member/index.ts'

/** Of a member what the invariant looks at. */
function memberWith(disk: { failures: number; is_full: boolean }): SimMember {
  return { index: 1 as MemberIndex, disk, is_beside: false } as unknown as SimMember
}

function watched() {
  const failed: string[] = []
  const due: Alert[] = []
  const context = { fail: (detail: string) => failed.push(detail), due: (alert: Alert) => due.push(alert) } as unknown as Context
  return { failed, due, watcher: L3_DISK.watch(context) }
}

describe('L3 of a disk that takes no more', () => {
  it('fails where the member goes on, or ends, and nobody was told', () => {
    for (const event of ['onCrash', 'onLeaving'] as const) {
      const { failed, watcher } = watched()
      const member = memberWith({ failures: 1, is_full: true })
      if (event === 'onCrash') watcher.onCrash?.(member)
      else watcher.onLeaving?.(member, { effect: 'unwatch', outpoints: [] })
      assert.deepEqual(failed, ['its disk took nothing, and nobody was told'])
    }
  })

  it('holds where its operator was told before that, each time', () => {
    const { failed, due, watcher } = watched()
    const disk = { failures: 1, is_full: true }
    const member = memberWith(disk)
    watcher.onDiskFailed?.(member)
    watcher.onCrash?.(member)
    assert.deepEqual([failed, due], [[], ['disk-full']])
    disk.failures = 2
    watcher.onCrash?.(member)
    assert.equal(failed.length, 1)
  })

  it('tells a disk that is full from one that failed', () => {
    const { due, watcher } = watched()
    watcher.onDiskFailed?.(memberWith({ failures: 1, is_full: false }))
    assert.deepEqual(due, ['disk-failed'])
  })
})
