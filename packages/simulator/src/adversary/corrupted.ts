import type { DurableEffect } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Behaviour } from '../member/index.ts'
import type { Strategy } from './strategy.ts'
import { Tools, type ToolModules } from './tools.ts'

/** Mean time between two acts of its own accord. */
const ACT_MS = 12_000

/** A member in the adversary's hands: it runs the honest program too, and bends what comes out. */
export class Corrupted implements Behaviour {
  readonly strategies: readonly Strategy[]
  readonly #tools: Tools

  constructor(strategies: readonly Strategy[], modules: ToolModules) {
    this.strategies = strategies
    this.#tools = new Tools(modules)
  }

  /** From now on it acts. */
  begin(): void {
    this.#tools.after(this.#tools.random.exponential(ACT_MS), () => {
      if (this.#tools.member.is_up) for (const strategy of this.strategies) strategy.act?.(this.#tools)
      this.begin()
    })
  }

  leaving(effect: DurableEffect): readonly DurableEffect[] {
    let effects: readonly DurableEffect[] = [effect]
    for (const { leaving } of this.strategies) {
      if (leaving) effects = effects.flatMap((each) => leaving(each, this.#tools) ?? [each])
    }
    return effects
  }

  distort(share: Uint8Array): Uint8Array {
    return this.strategies.reduce((bytes, strategy) => strategy.distort?.(bytes, this.#tools) ?? bytes, share)
  }

  passesOn(): boolean {
    return this.strategies.every((strategy) => strategy.passesOn?.(this.#tools) ?? true)
  }

  onFrame(_peer: MemberIndex, bytes: Uint8Array): void {
    this.#tools.capture(bytes)
  }
}
