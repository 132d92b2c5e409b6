/** What a core that was well has to have come to when the run ends. */
import { ANCHOR_DEPTH, COMMAND_RECENCY } from '@belfry/protocol'
import type { MemberIndex, VaultId } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'

export interface Untaken {
  readonly member: MemberIndex
  readonly order: string
}

/** A revocation that more than b of the core took in time, for nothing else stands in its way. */
export function untakenOrders(core: readonly SimMember[], b: number): Untaken[] {
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
      const isUntaken = member.state && member.state.durable.vaults.size > 0 && (mine?.taken_height ?? null) === null
      return isUntaken ? [{ member: member.index, order: command.what.order }] : []
    })
  })
}

/** Where the theft is no recovery that is settled. What the owner had destroyed is known no more. */
export function unsettledAt(core: readonly SimMember[], vault_id: VaultId): MemberIndex[] {
  return core.flatMap(({ index, state }) => {
    if (!state?.durable.vaults.has(vault_id)) return []
    const theft = [...state.durable.incidents.values()].find((incident) => incident.vault_id === vault_id && incident.trigger === 'theft')
    return theft?.settled === 'recovered' ? [] : [index]
  })
}
