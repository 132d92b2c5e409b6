/** What should have been told, as bitcoind's own blocks say. */
import assert from 'node:assert/strict'
import type { Bitcoind } from '@belfry/bitcoind'
import type { BlockRef } from '@belfry/protocol'
import { type Outpoint, outpointOf, toHex, type Txid } from '@belfry/protocol/primitives'
import type { Movement } from '../../../src/movements/index.ts'
import { type Fact, Knowledge } from './knowledge.ts'

interface Block {
  readonly tx: readonly {
    readonly txid: Txid
    readonly vin: readonly { readonly txid?: Txid; readonly vout?: number }[]
    readonly vout: readonly { readonly scriptPubKey: { readonly hex: string } }[]
  }[]
}

export interface WatchedThings {
  readonly core: readonly Outpoint[]
  readonly listed: readonly Outpoint[]
  /** What is paid to them is watched, too. */
  readonly scripts: readonly Uint8Array[]
}

export class Oracle {
  private readonly bitcoind: Bitcoind
  private readonly core: ReadonlySet<string>
  private readonly wallets: Set<string>
  private readonly scripts: ReadonlySet<string>
  private readonly blocks = new Map<string, Block>()

  constructor(bitcoind: Bitcoind, { core, listed, scripts }: WatchedThings) {
    this.bitcoind = bitcoind
    this.core = new Set(core)
    this.wallets = new Set(listed)
    this.scripts = new Set(scripts.map((script) => toHex(script)))
  }

  /**
   * Every block told follows on the one before, with exactly its spends before it, in its order; likewise those undone. In the
   * end everything is as bitcoind has it.
   */
  async checkFacts(facts: readonly Fact[]): Promise<void> {
    const knowledge = new Knowledge()
    knowledge.watch(...this.core as ReadonlySet<Outpoint>)
    let told: string[] = []
    let undone: string[] = []
    for (const fact of facts) {
      knowledge.learn(fact)
      if (fact.event === 'spend-confirmed') {
        assert.deepEqual(undone, [], 'nothing is confirmed while a block is undone')
        told.push(`${fact.outpoint} ${fact.tx.txid} ${fact.block.hash}`)
      } else if (fact.event === 'spend-unconfirmed') {
        const line = `${fact.outpoint} ${fact.txid} ${fact.block.hash}`
        // Told of a block that was not: the watcher died in between, and then found another.
        if (told.includes(line)) told = told.filter((one) => one !== line)
        else undone.push(line)
      } else if (fact.event === 'block-connected') {
        assert.deepEqual([told, undone], [await this.spendsOf(fact.block), []])
        told = []
      } else if (fact.event === 'block-disconnected') {
        assert.deepEqual([undone.toSorted(), told], [(await this.spendsOf(fact.block)).toSorted(), []])
        undone = []
      }
    }
    assert.deepEqual([told, undone], [[], []])
    assert.equal(knowledge.position?.hash, await this.bitcoind.getBestBlockHash())
    for (const { outpoint, spender } of await this.bitcoind.getTxSpendingPrevout([...knowledge.known.keys()])) {
      assert.equal(knowledge.known.get(outpoint)?.mempool_txid, spender, 'the mempool is as it was told')
    }
  }

  /** Wallets are told the same chain as the core, to the block. */
  async checkMovements(movements: readonly Movement[], facts: readonly Fact[]): Promise<void> {
    checkStates(movements)
    const inBlocks = movements.filter(isInBlock)
    let at = 0
    for (const fact of facts) {
      if (fact.event !== 'block-connected' && fact.event !== 'block-disconnected') continue
      const expected = (await this.movementsOf(fact.block)).map((line) => `${fact.event} ${line}`)
      const told = inBlocks.slice(at, at + expected.length)
      at += expected.length
      assert.deepEqual(told.map(lineOf).toSorted(), expected.toSorted(), `${fact.event} ${fact.block.height}`)
      checkCauses(told)
    }
    assert.equal(at, inBlocks.length, 'nothing else was told')
  }

  private async spendsOf(block: BlockRef): Promise<string[]> {
    const { tx } = await this.read(block)
    return tx.flatMap(({ txid, vin }) => vin.map(spentBy).filter((spent) => this.core.has(spent)).map((spent) => `${spent} ${txid} ${block.hash}`))
  }

  private async movementsOf(block: BlockRef): Promise<string[]> {
    const { tx } = await this.read(block)
    return tx.flatMap(({ txid, vin, vout }) => {
      const paid = vout.flatMap(({ scriptPubKey: { hex } }, i) => this.scripts.has(hex) ? [outpointOf(txid, i)] : [])
      for (const outpoint of paid) this.wallets.add(outpoint)
      const spent = vin.map(spentBy).filter((one) => this.wallets.has(one))
      return [...paid.map((one) => `payment ${one}`), ...spent.map((one) => `spend ${one} ${txid}`)].map((line) => `${line} ${block.hash}`)
    })
  }

  /** Also one that is no longer in the chain. */
  private async read({ hash }: BlockRef): Promise<Block> {
    const known = this.blocks.get(hash)
    if (known !== undefined) return known
    const block = await this.bitcoind.rpc.call('getblock', [hash, 2]) as Block
    this.blocks.set(hash, block)
    return block
  }
}

function spentBy({ txid, vout }: { readonly txid?: Txid; readonly vout?: number }): string {
  return `${txid}:${vout}`
}

type InBlock = Extract<Movement, { block: BlockRef }>

function isInBlock(movement: Movement): movement is InBlock {
  return 'block' in movement
}

function lineOf(movement: InBlock): string {
  const { block: { hash } } = movement
  switch (movement.event) {
    case 'payment-confirmed':
      return `block-connected payment ${movement.payment.outpoint} ${hash}`
    case 'payment-unconfirmed':
      return `block-disconnected payment ${movement.payment.outpoint} ${hash}`
    case 'spend-confirmed':
      return `block-connected spend ${movement.outpoint} ${movement.txid} ${hash}`
    case 'spend-unconfirmed':
      return `block-disconnected spend ${movement.outpoint} ${movement.txid} ${hash}`
  }
}

/** Within a block: a coin is paid before it is spent, and the other way round when that is undone. */
function checkCauses(told: readonly InBlock[]): void {
  const places = new Map(told.map((movement, i) => ['payment' in movement ? `${movement.payment.outpoint} paid` : `${movement.outpoint} spent`, i]))
  for (const [i, movement] of told.entries()) {
    if ('payment' in movement) continue
    const paid = places.get(`${movement.outpoint} paid`)
    if (paid !== undefined) assert.ok(movement.event === 'spend-confirmed' ? paid < i : i < paid, 'causes come before what follows from them')
  }
}

type State = 'absent' | 'seen' | 'confirmed' | 'loose'

/** Of what is left loose by a block that was undone, anything may come. */
const LEGAL: Readonly<Record<'seen' | 'replaced' | 'evicted' | 'confirmed' | 'unconfirmed', { readonly from: readonly State[]; readonly to: State }>> = {
  seen: { from: ['absent', 'loose'], to: 'seen' },
  replaced: { from: ['seen', 'loose'], to: 'absent' },
  evicted: { from: ['seen', 'loose'], to: 'absent' },
  confirmed: { from: ['absent', 'seen', 'loose'], to: 'confirmed' },
  unconfirmed: { from: ['confirmed'], to: 'loose' },
}

/** No fact twice, and none that does not follow on the last. In the end nothing is left in a mempool that is empty. */
function checkStates(movements: readonly Movement[]): void {
  const payments = new Map<Outpoint, State>()
  const spends = new Map<Outpoint, { readonly state: State; readonly txid: Txid }>()
  for (const movement of movements) {
    if ('payment' in movement) {
      const { from, to } = legal(movement.event)
      const { outpoint } = movement.payment
      const before = payments.get(outpoint) ?? 'absent'
      assert.ok(from.includes(before), `${movement.event} of ${outpoint} that was ${before}`)
      payments.set(outpoint, to)
    } else {
      const { outpoint, txid } = movement
      const before = spends.get(outpoint) ?? { state: 'absent', txid }
      if (movement.event === 'spend-replaced') {
        assert.deepEqual(before, { state: 'seen', txid: movement.old_txid })
        spends.set(outpoint, { state: 'seen', txid })
        continue
      }
      const { from, to } = legal(movement.event)
      assert.ok(from.includes(before.state), `${movement.event} of ${outpoint} that was ${before.state}`)
      if (before.state === 'seen' || before.state === 'confirmed') assert.equal(before.txid, txid)
      spends.set(outpoint, { state: to, txid })
    }
  }
  const left = [...payments.values(), ...[...spends.values()].map(({ state }) => state)]
  assert.ok(!left.includes('seen'), 'all that was seen is confirmed, or gone')
}

function legal(event: Movement['event']): (typeof LEGAL)[keyof typeof LEGAL] {
  const kind = event.slice(event.indexOf('-') + 1)
  return LEGAL[kind as keyof typeof LEGAL]
}
