/** What operators do. */
import { type Mishap, victim } from './mishap.ts'

/** Rolled back to the common version after a while, as the others would follow in life. */
export const otherVersion: Mishap = (tools, lasts_ms) => {
  const member = victim(tools, tools.members.filter(({ speaks }) => speaks === 'common'))
  if (member === null) return
  const speaks = tools.random.pick(['later', 'later-with-more-fields'] as const)
  tools.say(`speaks a ${speaks} version`, member.index)
  member.speaks = speaks
  tools.lasting(member, lasts_ms, () => {
    member.speaks = 'common'
  })
}

/** In its place another federation's member runs on the same key; its own data stay where they are. */
export const wrongLock: Mishap = (tools, lasts_ms) => {
  const member = victim(tools, tools.members.filter(({ is_honest, stand_in }) => is_honest && stand_in === null))
  if (member === null) return
  tools.say('is started with a wrong lock', member.index)
  member.crash()
  member.runBeside('wrong-lock')
  tools.lasting(member, lasts_ms, () => {
    member.endBeside()
    if (!tools.isHeldDown(member.index)) member.start()
  })
}

/** Of those that it may happen to (`wayward`). The second process starts on a copy of the first one's data. */
export const secondInstance: Mishap = (tools, lasts_ms) => {
  const member = victim(tools, tools.members.filter(({ is_wayward, stand_in }) => is_wayward && stand_in === null))
  if (member === null) return
  tools.say('runs a second time', member.index)
  member.runBeside('second-instance')
  tools.lasting(member, lasts_ms, () => member.endBeside())
}
