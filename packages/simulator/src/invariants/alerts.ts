/** What each member has told its operator of peers, tips and vaults in this life of its process: of each subject the last. */
import type { Input, Output, TellEvent } from '@belfry/protocol'
import type { MemberIndex, VaultId } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Watcher } from './invariant.ts'

/** Alerts that end one another, with what ends them all. */
const FAMILIES = {
  life: ['peer-alive', 'peer-suspect', 'peer-dead'],
  tip: ['tip-in-sync', 'tip-lagging', 'tip-stuck', 'tip-forked', 'eclipse-suspected'],
  clock: ['clock-agrees', 'clock-skewed'],
  version: ['peer-compatible', 'peer-incompatible'],
  double: ['duplicate-gone', 'duplicate-instance'],
  'own-double': ['second-instance'],
  ladder: ['ladder-above-market', 'ladder-under-market'],
  protection: ['vault-protected', 'vault-unprotected'],
} as const satisfies Record<string, readonly TellEvent[]>

export type AlertFamily = keyof typeof FAMILIES

const FAMILY_OF: ReadonlyMap<TellEvent, AlertFamily> = new Map(
  Object.entries(FAMILIES).flatMap(([family, events]) => events.map((event) => [event, family as AlertFamily] as const)),
)

export class ToldAlerts implements Watcher {
  readonly #last = new Map<MemberIndex, Map<string, TellEvent>>()

  onStarted(member: SimMember): void {
    this.#last.delete(member.index)
  }

  onStep(member: SimMember, _input: Input, { immediate }: Output): void {
    for (const effect of immediate) {
      if (effect.effect !== 'tell') continue
      const { tell } = effect
      const family = FAMILY_OF.get(tell.event)
      if (family === undefined) continue
      const mine = this.#last.get(member.index) ?? new Map<string, TellEvent>()
      this.#last.set(member.index, mine.set(keyOf(family, tell.member ?? tell.vault_id), tell.event))
    }
  }

  /** Null where nothing of the family was told of this member or vault. */
  last(member: MemberIndex, family: AlertFamily, of: MemberIndex | VaultId): TellEvent | null {
    return this.#last.get(member)?.get(keyOf(family, of)) ?? null
  }
}

function keyOf(family: AlertFamily, of: MemberIndex | VaultId | undefined): string {
  return `${family}/${of ?? ''}`
}
