import assert from 'node:assert/strict'
import type { BlockRef, ChainEvent, WatchedOutpoint } from '@belfry/protocol'
import type { Height, Outpoint } from '@belfry/protocol/primitives'

/** What is told of the chain, without how bitcoind is. */
export type Fact = Exclude<ChainEvent, { event: 'chain-health' }>

type Known = { -readonly [Field in keyof WatchedOutpoint]: WatchedOutpoint[Field] }

/**
 * What follows from the facts told so far, as the core keeps it. Asserts of each fact that it follows on those before: so that
 * none was told twice, and none was left out in between.
 */
export class Knowledge {
  readonly known = new Map<Outpoint, Known>()
  /** The last block told. */
  position: BlockRef | null = null
  /** Those before it. */
  recent: BlockRef[] = []

  watch(...outpoints: readonly Outpoint[]): void {
    for (const outpoint of outpoints) this.known.set(outpoint, { outpoint, mempool_txid: null, confirmed: null })
  }

  inherit(other: Knowledge): void {
    for (const [outpoint, known] of other.known) this.known.set(outpoint, known)
    this.position = other.position
    this.recent = [...other.recent]
  }

  learn(fact: Fact): void {
    if (fact.event === 'block-connected') {
      if (this.position !== null) {
        assert.equal(fact.previous, this.position.hash, 'blocks join on')
        this.recent.push(this.position)
      }
      this.position = fact.block
    } else if (fact.event === 'block-disconnected') {
      // Null: it is the one that the watcher began on.
      if (this.position !== null) assert.deepEqual(fact.block, this.position, 'the last block is the one that goes')
      this.position = { height: fact.block.height - 1 as Height, hash: fact.previous }
      this.recent = this.recent.filter(({ height }) => height < fact.block.height - 1)
    } else {
      this.learnSpend(fact)
    }
  }

  private learnSpend(fact: Exclude<Fact, { event: 'block-connected' | 'block-disconnected' }>): void {
    const known = this.known.get(fact.outpoint)
    assert.ok(known !== undefined, 'only what is watched is told')
    switch (fact.event) {
      case 'spend-seen':
        assert.deepEqual([known.mempool_txid, known.confirmed], [null, null])
        known.mempool_txid = fact.tx.txid
        break
      case 'spend-replaced':
        assert.equal(known.mempool_txid, fact.old_txid)
        known.mempool_txid = fact.tx.txid
        break
      case 'spend-evicted':
        assert.equal(known.mempool_txid, fact.txid)
        known.mempool_txid = null
        break
      case 'spend-confirmed':
        assert.equal(known.confirmed, null)
        known.confirmed = { txid: fact.tx.txid, block: fact.block }
        known.mempool_txid = null
        break
      case 'spend-unconfirmed':
        assert.deepEqual(known.confirmed, { txid: fact.txid, block: fact.block })
        known.confirmed = null
        break
    }
  }
}
