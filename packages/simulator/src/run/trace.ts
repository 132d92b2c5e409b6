/** One line for each step and each thing that happens to a member, for people who look for a reason. */
import type { DurableEffect, ImmediateEffect, Input, LogRecord, Output } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Probe, SimMember } from '../member/index.ts'
import type { World } from '../world/index.ts'
import { nameOf } from './statistics.ts'

export class Trace implements Probe {
  readonly #world: World
  readonly #write: (line: string) => void
  /** Behind each member's index; nothing in the first epoch. */
  readonly #mark: string

  constructor(modules: { world: World; write: (line: string) => void; mark: string }) {
    this.#world = modules.world
    this.#write = modules.write
    this.#mark = modules.mark === '' ? '' : `/${modules.mark}`
  }

  /** Something that happens to the world rather than to one member. */
  say(what: string, member?: MemberIndex): void {
    const seconds = (this.#world.now_ms / 1_000).toFixed(3).padStart(9)
    this.#write(`${seconds} ${member === undefined ? '  ' : `m${member}${this.#mark}`} ${what}`)
  }

  onStep(member: SimMember, input: Input, output: Output, index: number): void {
    const parts = [
      `${nameOf(input, output)}${detailOf(input)}`,
      ...output.immediate.map(immediateText).filter((text) => text !== ''),
      ...output.records.map(recordText),
      ...output.afterDurable.map(durableText),
    ]
    this.say(`#${index} ${parts.join(' | ')}`, member.index)
  }

  onCrash(member: SimMember): void {
    this.say('crash', member.index)
  }

  onStarted(member: SimMember): void {
    this.say(`start ${member.lives}`, member.index)
  }

  onFatal(member: SimMember, error: Error): void {
    this.say(`fatal: ${error.message} ${error.cause instanceof Error ? error.cause.stack : ''}`, member.index)
  }

  onRefused(member: SimMember, input: Input): void {
    this.say(`no room for ${input.kind}`, member.index)
  }
}

function detailOf(input: Input): string {
  switch (input.kind) {
    case 'frame':
      return ` <- m${input.peer} ${input.channel}`
    case 'peer':
      return ` m${input.member} ${input.connected ? 'connected' : 'gone'}`
    case 'chain': {
      const { event } = input
      if ('block' in event) return ` ${event.block.height} ${event.block.hash.slice(0, 6)}`
      return 'tx' in event ? ` ${event.tx.txid.slice(0, 6)}` : ''
    }
    case 'outcome': {
      const { outcome } = input
      if (outcome.of === 'broadcast') return ` ${outcome.txid.slice(0, 6)} ${outcome.answer}`
      if (outcome.of === 'open-share') return ` of m${outcome.from} ${outcome.result}`
      return outcome.of === 'verify-enrolment' ? ` ${outcome.check}` : ''
    }
    default:
      return ''
  }
}

function immediateText(effect: ImmediateEffect): string {
  if (effect.effect === 'verdict') return effect.code
  if (effect.effect !== 'tell') return `${effect.effect}${'to' in effect ? ` m${effect.to}` : ''}`
  const { event, member, detail } = effect.tell
  return `"${[event, member === undefined ? '' : `m${member}`, detail ?? ''].filter((part) => part !== '').join(' ')}"`
}

function recordText(record: LogRecord): string {
  if (record.record === 'noted') return `+note ${record.entry.event}`
  return record.record === 'signed' ? `+signed ${record.slot.split('/')[0]}` : `+${record.record}`
}

function durableText(effect: DurableEffect): string {
  return effect.effect === 'send' ? `=> send m${effect.to}` : `=> ${effect.effect}`
}
