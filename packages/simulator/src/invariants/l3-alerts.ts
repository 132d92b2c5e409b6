import type { ChainEvent, Output, Tell, TellEvent } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Invariant } from './invariant.ts'

/** What a calm chain brings with it now and then. */
const HARMLESS: ReadonlySet<TellEvent> = new Set<TellEvent>(['block-disconnected'])

export const L3: Invariant = {
  name: 'L3',
  sentence:
    'a bitcoind that is gone, a member convicted, a vault exposed: each raises its alert; a calm run (with normal fee drift and ' +
    '1-block reorganisations) raises none, nor where one member alone is not well any about another',
  watch: (context) => {
    type Health = Extract<ChainEvent, { event: 'chain-health' }>['state']
    const health = new Map<MemberIndex, Health>()
    return {
      onStarted: (member) => void health.delete(member.index),
      onStep(member, input, output) {
        if (!context.isHonest(member.index)) return
        if (input.kind === 'chain' && input.event.event === 'chain-health') {
          const isGone = health.get(member.index) === 'ok' && input.event.state !== 'ok'
          health.set(member.index, input.event.state)
          if (isGone) context.due('bitcoind-gone')
          if (isGone && !tells(output).some(({ event }) => event === 'chain-state')) context.fail('its bitcoind is gone, and nobody was told', member.index)
        }
        for (const event of expected(output)) {
          context.due(event)
          if (!tells(output).some((tell) => tell.event === event)) context.fail(`${event} was not told`, member.index)
        }
      },
      onImmediate(member, effect) {
        if (effect.effect !== 'tell' || effect.tell.level === 'info' || HARMLESS.has(effect.tell.event)) return
        const { event, detail = '', member: named } = effect.tell
        if (context.is_calm) context.fail(`an alert in a calm run: ${event} ${detail}`, member.index)
        const accused = named === undefined ? undefined : context.members.get(named)
        if (context.is_lossless && accused && isWell(member) && isWell(accused)) {
          context.fail(`an alert about member ${accused.index}, with whom nothing is wrong: ${event} ${detail}`, member.index)
        }
      },
    }
  },
}

/** Of what a vigil may do to a member. */
function isWell({ bitcoind, stand_in, disk }: SimMember): boolean {
  return bitcoind.seclusion === 'none' && stand_in === null && !disk.is_full
}

function tells({ immediate }: Output): Tell[] {
  return immediate.flatMap((effect) => (effect.effect === 'tell' ? [effect.tell] : []))
}

/** What the operator must be told with this step. */
function expected({ records }: Output): ('evidence' | 'quarantined' | 'exposed')[] {
  return records.flatMap((record): ('evidence' | 'quarantined' | 'exposed')[] => {
    if (record.record === 'evidence') return ['evidence']
    if (record.record === 'quarantined') return ['quarantined']
    return record.record === 'exposed' ? ['exposed'] : []
  })
}
