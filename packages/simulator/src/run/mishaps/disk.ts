/** What goes wrong with a member's disk. */
import { type Mishap, victim } from './mishap.ts'

export const fullDisk: Mishap = (tools, lasts_ms) => {
  const member = victim(tools, tools.members)
  if (member === null) return
  tools.say('its disk is full', member.index)
  member.disk.is_full = true
  tools.lasting(member, lasts_ms, () => {
    member.disk.is_full = false
  })
}

/** Of those that it may happen to (`wayward`): the backup of a while ago is put back. `lasts_ms`: how old it is. */
export const oldDisk: Mishap = (tools, lasts_ms) => {
  const member = victim(tools, tools.members.filter(({ is_wayward }) => is_wayward))
  if (member === null) return
  const backup = member.disk.load()
  tools.world.after(tools.random.exponential(lasts_ms), () => {
    if (tools.isSpared(member.index)) return
    tools.say('an old backup is put back', member.index)
    member.crash()
    member.disk.putBack(backup)
    member.is_rolled_back = true
    tools.restartLater(member)
  })
}
