/** What goes wrong with a member's disk. */
import { type Mishap, victim } from './mishap.ts'

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
  const member = victim(tools, tools.members.filter(({ is_wayward }) => is_wayward))
  if (member === null) return
  const backup = member.machine.backUp()
  tools.world.after(tools.random.exponential(lasts_ms), () => {
    if (tools.isSpared(member.index)) return
    tools.say('an old backup is put back', member.index)
    member.crash()
    member.machine.putBack(backup)
    tools.restartLater(member)
  })
}
