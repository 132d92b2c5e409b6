/** What a core that was well has to have come to when the run ends. */
import { ANCHOR_DEPTH, COMMAND_RECENCY, standingOf } from '@belfry/protocol'
import type { MemberIndex, VaultId } from '@belfry/protocol/primitives'
import type { Deal } from '../federation/index.ts'
import type { SimMember } from '../member/index.ts'
import type { Guard } from './liveness.ts'
import { disagreement } from './taking-back.ts'

const UNSETTLED = { name: 'settled', sentence: 'a recovery 100 deep settles its incident at every member of the core' }
const ORDERS = {
  name: 'orders',
  sentence: 'what an owner orders for good, and b+1 members of a core that is well took in time, every member of the core takes',
}
const GENERATIONS = {
  name: 'generations',
  sentence: 'a generation that its owner takes back about when it is activated is active at all members of a core that is well, or at none',
}

/** Blocks after which the core has told itself everything. */
export const TIME_TO_TELL = 4
/** Of the times after which one is dead: so long a start waits at most for what others say. */
const DEAD_TIMES_OF_START = 2
const SLACK_PERIODS = 4

export function demandAgreement({ judge, members, b }: Guard, core: readonly SimMember[], next: Deal): void {
  const member = disagreement(core, next, { n: members.size, b })
  if (member !== null) judge.fail(GENERATIONS, 'the next generation fell here, and others hold it active', member)
}

export function demandOrders({ judge, b }: Guard, core: readonly SimMember[], now_ms: number): void {
  for (const { member, order } of untakenOrders(core, b, now_ms)) judge.fail(ORDERS, `the ${order} that others took in time is not taken`, member)
}

/** Of a vault whose coin has come back long ago. */
export function demandEnd({ judge, b }: Guard, core: readonly SimMember[], vault_id: VaultId): void {
  for (const member of stillKeptAt(core, vault_id, b)) judge.fail(ORDERS, 'the destroy that others took in time is not taken', member)
  for (const member of unsettledAt(core, vault_id)) judge.fail(UNSETTLED, 'the incident is open still', member)
}

interface Untaken {
  readonly member: MemberIndex
  readonly order: string
}

/** A revocation that more than b of the core took in time, for nothing else stands in its way. */
function untakenOrders(core: readonly SimMember[], b: number, now_ms: number): Untaken[] {
  const held = core.map(({ state }) => Array.from(state?.durable.vaults.values() ?? [], ({ commands }) => [...commands]).flat())
  const inTime = held.flatMap((ofMember) =>
    ofMember.filter(([, { command, taken_height }]) => {
      const first = command.anchor.height + ANCHOR_DEPTH
      return command.what.order === 'revoke' && taken_height !== null && taken_height <= first + COMMAND_RECENCY
    }),
  )
  return inTime.flatMap(([hash, { command }]) => {
    if (inTime.filter(([other]) => other === hash).length <= b) return []
    return core.flatMap((member, at) => {
      const mine = held[at]?.find(([other]) => other === hash)?.[1]
      const isAsked = member.state && member.state.durable.vaults.size > 0 && !mayStillStart(member, now_ms)
      const isUntaken = isAsked && (mine?.taken_height ?? null) === null
      return isUntaken ? [{ member: member.index, order: command.what.order }] : []
    })
  })
}

/** Who starts takes nothing before others have told it what it said; where their answers are lost, that ends by the clock. */
function mayStillStart({ state, up_since_ms, options }: SimMember, now_ms: number): boolean {
  const { heartbeat_ms, dead_periods } = options.config.federation.timing
  const longest_ms = (DEAD_TIMES_OF_START * dead_periods + SLACK_PERIODS) * heartbeat_ms
  return state !== null && standingOf(state) === 'starting' && now_ms - (up_since_ms ?? now_ms) <= longest_ms
}

/** Where the vault is still, though b+1 of the core forgot it on the owner's order some blocks ago. */
function stillKeptAt(core: readonly SimMember[], vault_id: VaultId, b: number): MemberIndex[] {
  const forgot = core.filter(({ index, state }) => {
    const notice = state?.durable.destroyed.get(vault_id)?.command.notices.get(index)
    return notice !== undefined && notice.height <= (state?.durable.position?.height ?? 0) - TIME_TO_TELL
  })
  if (forgot.length <= b) return []
  return core.flatMap(({ index, state }) => (state?.durable.vaults.has(vault_id) ? [index] : []))
}

/** Where the theft is no recovery that is settled. What the owner had destroyed is known no more. */
function unsettledAt(core: readonly SimMember[], vault_id: VaultId): MemberIndex[] {
  return core.flatMap(({ index, state }) => {
    if (!state?.durable.vaults.has(vault_id)) return []
    const theft = [...state.durable.incidents.values()].find((incident) => incident.vault_id === vault_id && incident.trigger === 'theft')
    return theft?.settled === 'recovered' ? [] : [index]
  })
}
