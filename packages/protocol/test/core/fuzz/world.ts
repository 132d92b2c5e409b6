import assert from 'node:assert/strict'
import type { SpendTx } from '../../../src/index.ts'
import type { Outpoint } from '../../../src/primitives/index.ts'
import { Seat } from '../seat.ts'
import { blockAt } from '../setting.ts'
import { setting } from './cast.ts'
import { outcomeOf } from './outcomes.ts'

/** A seat, with the chain and the mempool of its bitcoind as the follower has told them. */
export class World {
  readonly seat = new Seat(setting)
  branch = 0
  /** What was told as spending each outpoint. */
  readonly mempool = new Map<Outpoint, SpendTx>()
  readonly confirmed = new Map<Outpoint, { readonly tx: SpendTx; readonly height: number }>()
  readonly blocks: number[] = []
  done = 0

  connect(spends: readonly { readonly outpoint: Outpoint; readonly tx: SpendTx }[]): void {
    const { seat } = this
    const block = blockAt(seat.height, `${this.branch}`)
    const previous = seat.state.durable.position?.hash ?? blockAt(seat.height - 1).hash
    for (const { outpoint, tx } of spends) {
      if (this.confirmed.has(outpoint)) continue
      seat.chain({ event: 'spend-confirmed', outpoint, tx, block })
      this.mempool.delete(outpoint)
      this.confirmed.set(outpoint, { tx, height: seat.height })
    }
    seat.chain({ event: 'block-connected', block, previous })
    this.blocks.push(seat.height)
    seat.height += 1
  }

  disconnect(): void {
    const { seat } = this
    const { position, recent } = seat.state.durable
    const before = recent.at(-2)
    if (!position || !before || this.blocks.length < 2) return
    for (const [outpoint, { tx, height }] of this.confirmed) {
      if (height !== position.height) continue
      seat.chain({ event: 'spend-unconfirmed', outpoint, txid: tx.txid, block: position })
      this.confirmed.delete(outpoint)
    }
    seat.chain({ event: 'block-disconnected', block: position, previous: before.hash })
    this.blocks.pop()
    this.branch += 1
    seat.height -= 1
  }

  see(outpoint: Outpoint, tx: SpendTx): void {
    if (this.confirmed.has(outpoint)) return
    const old = this.mempool.get(outpoint)
    if (old) this.seat.chain({ event: 'spend-replaced', outpoint, old_txid: old.txid, tx })
    else this.seat.chain({ event: 'spend-seen', outpoint, tx })
    this.mempool.set(outpoint, tx)
  }

  evict(outpoint: Outpoint): void {
    const old = this.mempool.get(outpoint)
    if (!old) return
    this.seat.chain({ event: 'spend-evicted', outpoint, txid: old.txid })
    this.mempool.delete(outpoint)
  }

  /** Gives outcomes to what was asked for since the last time, as the dice say. */
  answer(dice: number): void {
    const { seat } = this
    for (; this.done < seat.outputs.length; this.done++) {
      const output = seat.outputs[this.done]
      for (const effect of [...(output?.immediate ?? []), ...(output?.afterDurable ?? [])]) {
        const outcome = outcomeOf(effect, dice)
        if (outcome) seat.outcome(outcome)
      }
      if (seat.outputs.length > 3_000) assert.fail('the core goes round in a circle')
    }
  }
}
