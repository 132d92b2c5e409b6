import { equalBytes, toCbor } from '@belfry/protocol/primitives'
import { restoreLog } from '@belfry/runtime'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant } from './invariant.ts'

export const S6: Invariant = {
  name: 'S6',
  sentence: 'restore(log) equals the durable state',
  watch: (context) => ({
    onCrash: (member) => compare(context, member),
    onEnd() {
      for (const member of context.members.values()) compare(context, member)
    },
  }),
}

/**
 * Between events the state is ahead of the disk by the write under way at most; or by a turn that is not over, where the crash
 * belongs to another seat of the machine.
 */
function compare(context: Context, member: SimMember): void {
  const { core, state, disk, machine } = member
  if (core === null || state === null) return
  if (machine.seats.length > 1 && disk.kept_index < member.record_index) return
  try {
    const { durable } = restoreLog(core, member.disk.ifKept())
    if (equalBytes(toCbor(core.snapshot, durable), toCbor(core.snapshot, state.durable))) return
    context.fail('the log restores to another state', member.index)
  } catch (error) {
    context.fail(`the log does not restore: ${String(error)}`, member.index)
  }
}
