/** Names for what was told of blocks: who finds it anew in a block tells it by them apart from what is new. */
import type { BlockRef } from '@belfry/protocol'
import type { Outpoint } from '@belfry/protocol/primitives'
import type { Movement } from './movement.ts'

/** Null for what is of no block. */
export function factOf(movement: Movement): string | null {
  switch (movement.event) {
    case 'payment-confirmed':
      return nameOf('paid', movement.payment.outpoint, movement.block)
    case 'spend-confirmed':
      return nameOf('spent', movement.outpoint, movement.block)
    default:
      return null
  }
}

/** Of the fact that stands no longer. */
export function factUndoneBy(movement: Movement): string | null {
  switch (movement.event) {
    case 'payment-unconfirmed':
      return nameOf('paid', movement.payment.outpoint, movement.block)
    case 'spend-unconfirmed':
      return nameOf('spent', movement.outpoint, movement.block)
    default:
      return null
  }
}

function nameOf(what: 'paid' | 'spent', outpoint: Outpoint, { hash }: BlockRef): string {
  return `${what} ${outpoint} ${hash}`
}
