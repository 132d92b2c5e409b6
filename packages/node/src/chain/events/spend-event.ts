import type { ChainEvent } from '@belfry/protocol'

/** What is told of the spending of a watched coin, to the core and of wallets alike. */
export type SpendEvent = Extract<ChainEvent, { event: `spend-${string}` }>
export type SpendConfirmed = Extract<SpendEvent, { event: 'spend-confirmed' }>
/** Of a transaction that is known by it. */
export type SpendBy = Extract<SpendEvent, { event: 'spend-seen' | 'spend-confirmed' }>
