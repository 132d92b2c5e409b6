/** What goes wrong between members. */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Mishap, MishapTools } from './mishap.ts'

type Way = readonly [from: MemberIndex, to: MemberIndex]

/** Some members on the one side, the rest on the other. */
function sides({ random, members }: MishapTools): { side: MemberIndex[]; others: MemberIndex[] } {
  const indices = members.map(({ index }) => index)
  const side = random.sample(indices, random.int(1, Math.max(1, indices.length - 1)))
  return { side, others: indices.filter((index) => !side.includes(index)) }
}

function cut({ world, random, network, isSpared }: MishapTools, ways: readonly Way[], lasts_ms: number): void {
  const closed = ways.filter(([from, to]) => !isSpared(from) || !isSpared(to))
  for (const [from, to] of closed) network.cut(from, to)
  world.after(random.exponential(lasts_ms), () => {
    for (const [from, to] of closed) network.open(from, to)
  })
}

export const partition: Mishap = (tools, lasts_ms) => {
  const { side, others } = sides(tools)
  tools.say(`partition ${side.join()} from ${others.join()}`)
  cut(tools, side.flatMap((a) => others.flatMap((b): Way[] => [[a, b], [b, a]])), lasts_ms)
}

export const oneWayPartition: Mishap = (tools, lasts_ms) => {
  const { side, others } = sides(tools)
  tools.say(`one-way partition ${side.join()} from ${others.join()}`)
  cut(tools, side.flatMap((from) => others.map((to): Way => [from, to])), lasts_ms)
}

/** Of one member, or between all: the connections stand, and nothing comes. */
export const stall: Mishap = ({ random, network, members, isSpared, say }, lasts_ms) => {
  const indices = members.map(({ index }) => index)
  const slow = random.chance(0.7) ? random.sample(indices, 1) : indices
  const until_ms = random.exponential(lasts_ms)
  say(`what ${slow.join()} sends stalls`)
  for (const from of slow) for (const to of indices) if (!isSpared(from) || !isSpared(to)) network.stall(from, to, until_ms)
}
