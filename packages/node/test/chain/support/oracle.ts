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
    /** Blocks that were told: the one that it began on was not, nor what moved in it. */
    const connected = new Set<string>()
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
        connected.add(fact.block.hash)
        told = []
      } else if (fact.event === 'block-disconnected') {
        const spends = connected.has(fact.block.hash) ? await this.spendsOf(fact.block) : []
        assert.deepEqual([undone.toSorted(), told], [spends.toSorted(), []])
        undone = []
      }
    }
    assert.deepEqual([told, undone], [[], []])
    assert.equal(knowledge.position?.hash, await this.bitcoind.getBestBlockHash())
    for (const { outpoint, spender } of await this.bitcoind.getTxSpendingPrevout([...knowledge.known.keys()])) {
      assert.equal(knowledge.known.get(outpoint)?.mempool_txid, spender, 'the mempool is as it was told')
    }
  }

  /** Wallets are told the same chain as the core, to the block; in the end the mempool is as they were told. */
  async checkMovements(movements: readonly Movement[], facts: readonly Fact[]): Promise<void> {
    const inBlocks = new InBlocks(movements.filter(isInBlock))
    const connected = new Set<string>()
    for (const fact of facts) {
      if (fact.event === 'block-connected') {
        inBlocks.takeConfirmed(await this.movementsOf(fact.block))
        connected.add(fact.block.hash)
      } else if (fact.event === 'block-disconnected') {
        // The one that it began on was told to nobody, nor what moved in it.
        inBlocks.takeUnconfirmed(connected.has(fact.block.hash) ? await this.movementsOf(fact.block) : [])
      }
    }
    inBlocks.takeRest()
    assert.deepEqual(seenAtEnd(movements), await this.movementsOfMempool())
  }

  private async spendsOf(block: BlockRef): Promise<string[]> {
    const { tx } = await this.read(block)
    return tx.flatMap(({ txid, vin }) => vin.map(spentBy).filter((spent) => this.core.has(spent)).map((spent) => `${spent} ${txid} ${block.hash}`))
  }

  private async movementsOf(block: BlockRef): Promise<string[]> {
    return this.movementsIn((await this.read(block)).tx).map((line) => `${line} ${block.hash}`).toSorted()
  }

  private movementsIn(transactions: Block['tx']): string[] {
    const paid = transactions.flatMap(({ txid, vout }) =>
      vout.flatMap(({ scriptPubKey: { hex } }, i) => this.scripts.has(hex) ? [outpointOf(txid, i)] : []))
    for (const outpoint of paid) this.wallets.add(outpoint)
    return [...paid.map((outpoint) => `payment ${outpoint}`), ...transactions.flatMap(({ txid, vin }) =>
      vin.map(spentBy).filter((spent) => this.wallets.has(spent)).map((spent) => `spend ${spent} ${txid}`))]
  }

  private async movementsOfMempool(): Promise<string[]> {
    const { txids } = await this.bitcoind.getRawMempool()
    const transactions = await Promise.all(txids.map(async (txid) =>
      await this.bitcoind.rpc.call('getrawtransaction', [txid, true]) as Block['tx'][number]))
    return this.movementsIn(transactions).toSorted()
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

function lineOf(movement: Movement): string {
  return 'payment' in movement ? `payment ${movement.payment.outpoint}` : `spend ${movement.outpoint} ${movement.txid}`
}

/** What wallets were told of blocks, taken from the front. */
class InBlocks {
  private readonly told: InBlock[]
  /** Of a block that is not told to the end. */
  private ahead: string[] = []

  constructor(told: readonly InBlock[]) {
    this.told = [...told]
  }

  /** @param expected of this block, sorted */
  takeConfirmed(expected: readonly string[]): void {
    while (!isSame(this.ahead, expected)) this.takeOne(expected, () => assert.fail('only what was told is undone'))
    checkCauses(this.ahead)
    this.ahead = []
  }

  takeUnconfirmed(expected: readonly string[]): void {
    const undone: string[] = []
    while (this.ahead.length > 0 || !isSame(undone, expected)) this.takeOne(expected, (line) => undone.push(line))
    checkCauses(undone.toReversed())
  }

  /** Of blocks that were not told to the end, and then were gone. */
  takeRest(): void {
    while (this.told.length > 0) this.takeOne([], () => assert.fail('only what was told is undone'))
    assert.deepEqual(this.ahead, [])
  }

  private takeOne(expected: readonly string[], undo: (line: string) => void): void {
    const movement = this.told.shift()
    assert.ok(movement !== undefined, `not told:\n${expected.filter((line) => !this.ahead.includes(line)).join('\n')}`)
    const line = `${lineOf(movement)} ${movement.block.hash}`
    if (movement.event.endsWith('-confirmed')) this.ahead.push(line)
    else if (this.ahead.includes(line)) this.ahead = this.ahead.filter((one) => one !== line)
    else undo(line)
  }
}

function isSame(told: readonly string[], expected: readonly string[]): boolean {
  return told.length === expected.length && told.toSorted().every((line, i) => line === expected[i])
}

/** Within a block a coin is paid before it is spent. */
function checkCauses(lines: readonly string[]): void {
  for (const [i, line] of lines.entries()) {
    const [kind, outpoint] = line.split(' ')
    if (kind !== 'spend') continue
    const paid = lines.findIndex((other) => other.startsWith(`payment ${outpoint} `))
    assert.ok(paid < i, 'causes come before what follows from them')
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

/** No fact twice, and none that does not follow on the last. @returns what is in the mempool in the end, sorted */
function seenAtEnd(movements: readonly Movement[]): string[] {
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
  return [
    ...[...payments].flatMap(([outpoint, state]) => state === 'seen' ? [`payment ${outpoint}`] : []),
    ...[...spends].flatMap(([outpoint, { state, txid }]) => state === 'seen' ? [`spend ${outpoint} ${txid}`] : []),
  ].toSorted()
}

function legal(event: Movement['event']): (typeof LEGAL)[keyof typeof LEGAL] {
  const kind = event.slice(event.indexOf('-') + 1)
  return LEGAL[kind as keyof typeof LEGAL]
}
