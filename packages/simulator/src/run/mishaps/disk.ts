/** What goes wrong with a member's disk. */
import type { SimMember } from '../../member/index.ts'
import { type Mishap, type MishapTools, victim } from './mishap.ts'

export const fullDisk: Mishap = (tools, lasts_ms) => {
  const member = victim(tools, tools.members)
  if (member === null) return
  tools.say('its disk is full', member.index)
  member.machine.setDiskFull(true)
  tools.lasting(member, lasts_ms, () => {
    member.machine.setDiskFull(false)
  })
}

/** Of those that it may happen to (`wayward`): the backup of a while ago is put back. `lasts_ms`: how old it is. */
export const oldDisk: Mishap = (tools, lasts_ms) => {
  putBackLater(tools, lasts_ms, (member) => tools.say('an old backup is put back', member.index))
}

/** The same, as the manual has it: its operator says so to the ledger before the next start. */
export const restore: Mishap = (tools, lasts_ms) => {
  putBackLater(tools, lasts_ms, (member) => {
    tools.say('an old backup is put back, and said to be one', member.index)
    member.machine.declareRestored(tools.world.now_ms)
  })
}

function putBackLater(tools: MishapTools, lasts_ms: number, then: (member: SimMember) => void): void {
  const member = victim(tools, tools.members.filter(({ is_wayward }) => is_wayward))
  if (member === null) return
  const { machine } = member
  const [backup, restores] = [machine.backUp(), machine.restores]
  tools.world.after(tools.random.exponential(lasts_ms), () => {
    // Of what the log was before another backup was put back, invariants know no more.
    if (tools.isSpared(member.index) || machine.restores !== restores) return
    member.crash()
    machine.putBack(backup)
    then(member)
    tools.restartLater(member)
  })
}
