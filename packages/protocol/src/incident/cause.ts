/** Whether an incident's cause holds at this member: a movement of the coin that it sees itself, or an order that it took. */
import type { Trigger } from '../messages/vote.ts'
import { type Hash32, type MemberIndex, toHex } from '../primitives/index.ts'
import type { HeldCommand } from '../state/commands.ts'
import type { Incident, Vault } from '../state/durable.ts'
import { depositCoin, standingTrigger } from './trigger.ts'

export type Commanded = 'panic' | 'drill'

export function isCommanded(trigger: Trigger): trigger is Commanded {
  return trigger === 'panic' || trigger === 'drill'
}

/** How loudly what an incident comes to is told: a drill is no cause for alarm. */
export function levelOf(trigger: Trigger): 'info' | 'warn' {
  return trigger === 'drill' ? 'info' : 'warn'
}

/** The order that an incident is about, once I took it. */
export function commandBehind(vault: Vault, { trigger, discriminator }: Pick<Incident, 'trigger' | 'discriminator'>): HeldCommand | null {
  const held = vault.commands.get(toHex(discriminator) as Hash32)
  return held !== undefined && held.taken_height !== null && held.command.what.order === trigger ? held : null
}

/**
 * A panic stands until the deposit has left in a block: where U took it, the theft's clawback goes on, and should U's block be
 * undone, the panic stands again. A drill gives way to anything real, and is nothing to members that it holds back.
 */
export function isCalledFor(self: MemberIndex, vault: Vault, incident: Incident): boolean {
  if (!isCommanded(incident.trigger)) return standingTrigger(vault, incident.trigger) !== null
  const held = commandBehind(vault, incident)
  if (held === null) return false
  const { what } = held.command
  if (what.order !== 'drill') return depositCoin(vault).confirmed === null
  return held.ended === null && !what.held_back.includes(self) && !isUnderAttack(vault)
}

/** A theft or cold-theft stands, or a panic was called. */
export function isUnderAttack(vault: Vault): boolean {
  if (standingTrigger(vault, 'theft') !== null || standingTrigger(vault, 'cold-theft') !== null) return true
  if (depositCoin(vault).confirmed !== null) return false
  return [...vault.commands.values()].some(({ taken_height, command }) => taken_height !== null && command.what.order === 'panic')
}

/** Members that a drill holds back; none in anything real. */
export function heldBack(vault: Vault, incident: Incident): readonly MemberIndex[] {
  const what = incident.trigger === 'drill' ? commandBehind(vault, incident)?.command.what : undefined
  return what?.order === 'drill' ? what.held_back : []
}
