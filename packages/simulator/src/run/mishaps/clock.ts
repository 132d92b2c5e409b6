import type { MishapTools } from './mishap.ts'
import { victim } from './mishap.ts'

/** Either way, and it stays so. */
export function jump(tools: MishapTools, most_ms: number): void {
  const member = victim(tools, tools.members)
  if (member === null) return
  const by_ms = tools.random.int(-most_ms, most_ms)
  tools.say(`its clock jumps by ${by_ms} ms`, member.index)
  member.jumpClock(by_ms)
}
