import { type ChainEvent, chainEvent, type Input } from '@belfry/protocol'
import { s } from '@belfry/protocol/primitives'
import type { Core } from '@belfry/runtime'

/** More than any test tells. */
const MAX_FACTS = 1_000_000

export interface Told {
  readonly facts: ChainEvent[]
}

/** A core that does nothing but record every fact that it is told, also one that it was told before. */
export const factsCore: Core<{ readonly durable: Told }, Told, Input, { readonly fact: ChainEvent }, never, never> = {
  record: s.struct({ fact: chainEvent }),
  snapshot: s.struct({ facts: s.list(chainEvent, MAX_FACTS) }),
  restore: (told) => ({ durable: told ?? { facts: [] } }),
  durableOf: ({ durable }) => durable,
  apply(told, { fact }) {
    told.facts.push(fact)
  },
  step({ durable }, input) {
    // How bitcoind is, is no fact of the chain.
    const isFact = input.kind === 'chain' && input.event.event !== 'chain-health'
    if (isFact) durable.facts.push(input.event)
    return { records: isFact ? [{ fact: input.event }] : [], afterDurable: [], immediate: [], wake_at_ms: null }
  },
}
