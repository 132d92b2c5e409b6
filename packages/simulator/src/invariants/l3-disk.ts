/**
 * A disk that takes no more (full) or fails: what could not be written ends the process, and its operator is told so at once, before
 * anything else happens to that member. The others tell of its silence, for it may start and end again until there is room (L2).
 */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Invariant } from './invariant.ts'

export const L3_DISK: Invariant = {
  name: 'L3',
  sentence: 'each of these raises its alert: disk full',
  watch: (context) => {
    /** Failures of its disk that its operator was told of. */
    const told = new Map<MemberIndex, number>()
    const check = ({ index, disk }: SimMember): void => {
      if (disk.failures <= (told.get(index) ?? 0)) return
      told.set(index, disk.failures)
      context.fail('its disk took nothing, and nobody was told', index)
    }
    return {
      onDiskFailed({ index, disk, is_beside }) {
        if (is_beside) return
        told.set(index, disk.failures)
        context.due(disk.is_full ? 'disk-full' : 'disk-failed')
      },
      onStep: check,
      onLeaving: check,
      onCrash: check,
      onStarted: check,
    }
  },
}
