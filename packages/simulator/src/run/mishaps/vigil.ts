/** One thing that goes on for long with one honest member, while nothing else goes wrong: long enough for every alert about it. */
import type { SimMember } from '../../member/index.ts'
import { type MishapTools, victim } from './mishap.ts'

/** `half-enrolled`: the owner asks one member less than would make the vault protected (run/simulation.ts). */
export type Vigil = 'stuck' | 'eclipsed' | 'second-instance' | 'half-enrolled' | 'full-disk'
export const VIGILS: readonly Vigil[] = ['stuck', 'eclipsed', 'second-instance', 'half-enrolled', 'full-disk']

interface VigilWorld {
  readonly members: number
  /** Where an eclipse is to be told, heartbeats come fast beside blocks, as they do in life: three hours of them, and headers before. */
  readonly heartbeat_ms: number
  /** That it is kept. */
  readonly periods: number
}

/** Among few, for that is where long is cheap; two instances are allowed for where somebody may lie. */
export const VIGIL_WORLDS: Readonly<Record<Vigil, VigilWorld>> = {
  stuck: { members: 3, heartbeat_ms: 1_000, periods: 250 },
  eclipsed: { members: 3, heartbeat_ms: 1_000, periods: 250 },
  'second-instance': { members: 4, heartbeat_ms: 5_000, periods: 15 },
  'half-enrolled': { members: 4, heartbeat_ms: 20_000, periods: 20 },
  'full-disk': { members: 4, heartbeat_ms: 5_000, periods: 25 },
}

export function beginVigil(tools: MishapTools, vigil: Vigil): void {
  if (vigil === 'half-enrolled') return
  const able = tools.members.filter(({ is_honest, is_wayward }) => is_honest && (vigil !== 'second-instance' || is_wayward))
  const member = victim(tools, able)
  if (member === null) return
  tools.say(`for long: ${vigil}`, member.index)
  begin(member, vigil)
}

function begin(member: SimMember, vigil: Exclude<Vigil, 'half-enrolled'>): void {
  switch (vigil) {
    case 'stuck':
    case 'eclipsed':
      member.bitcoind.seclude(vigil)
      return
    case 'second-instance':
      member.runBeside('second-instance')
      return
    case 'full-disk':
      member.disk.is_full = true
  }
}
