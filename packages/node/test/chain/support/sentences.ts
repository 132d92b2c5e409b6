import { type Outpoint, toHex } from '@belfry/protocol/primitives'
import type { Movement } from '../../../src/movements/index.ts'

/**
 * In words: `payment-seen paid a`, where `paid` is the script and `a` the transaction; `spend-replaced coin a b`. With a height
 * where there is a block.
 * @param name of an outpoint, a script in hex, or a txid
 */
export function sentenceOfMovement(movement: Movement, name: (id: string) => string): string {
  const transaction = (outpoint: Outpoint): string => name(outpoint.split(':')[0] ?? '')
  switch (movement.event) {
    case 'payment-seen':
    case 'payment-evicted':
      return `${movement.event} ${name(toHex(movement.payment.script))} ${transaction(movement.payment.outpoint)}`
    case 'payment-replaced':
      return `${movement.event} ${name(toHex(movement.payment.script))} ${transaction(movement.payment.outpoint)} ${name(movement.txid)}`
    case 'payment-confirmed':
    case 'payment-unconfirmed': {
      const { payment: { script, outpoint }, block } = movement
      return `${movement.event} ${name(toHex(script))} ${transaction(outpoint)} ${block.height}`
    }
    case 'spend-seen':
    case 'spend-evicted':
      return `${movement.event} ${name(movement.outpoint)} ${name(movement.txid)}`
    case 'spend-replaced':
      return `${movement.event} ${name(movement.outpoint)} ${name(movement.old_txid)} ${name(movement.txid)}`
    case 'spend-confirmed':
    case 'spend-unconfirmed':
      return `${movement.event} ${name(movement.outpoint)} ${name(movement.txid)} ${movement.block.height}`
  }
}
