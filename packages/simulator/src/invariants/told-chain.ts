/** What each member's core was told of the chain, kept apart from the core so that its state can be judged by it. */
import type { BlockRef, ChainEvent, Input, Output, SpendTx } from '@belfry/protocol'
import type { MemberIndex, Outpoint, Txid } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Watcher } from './invariant.ts'

export interface ToldSpend {
  readonly mempool: SpendTx | null
  readonly confirmed: { readonly tx: SpendTx; readonly block: BlockRef } | null
}

export type ToldHealth = Extract<ChainEvent, { event: 'chain-health' }>

interface Telling {
  readonly event: ChainEvent
  readonly index: number
}

const NOTHING: ToldSpend = { mempool: null, confirmed: null }

export class ToldChains implements Watcher {
  readonly #tellings = new Map<MemberIndex, Telling[]>()
  /** What a member's own bitcoind would take, though it came with a vote. */
  readonly #sightings = new Set<string>()
  readonly #health = new Map<MemberIndex, ToldHealth>()

  onStep(member: SimMember, input: Input, _output: Output, index: number): void {
    if (input.kind === 'outcome' && input.outcome.of === 'test-sighting' && input.outcome.sighted) {
      const { outpoint, tx } = input.outcome.sighted
      this.#sightings.add(keyOf(member.index, outpoint, tx.txid))
    }
    if (input.kind !== 'chain') return
    if (input.event.event === 'chain-health') {
      this.#health.set(member.index, input.event)
      return
    }
    const tellings = this.#tellings.get(member.index) ?? []
    tellings.push({ event: input.event, index })
    this.#tellings.set(member.index, tellings)
  }

  /** What was not on disk is told again. */
  onStarted(member: SimMember): void {
    this.#health.delete(member.index)
    const tellings = this.#tellings.get(member.index) ?? []
    this.#tellings.set(member.index, tellings.filter(({ index }) => index <= member.disk.synced_index))
  }

  /** `testmempoolaccept` said once that it would do. */
  hasSighted(member: MemberIndex, outpoint: Outpoint, txid: Txid): boolean {
    return this.#sightings.has(keyOf(member, outpoint, txid))
  }

  spendOf(member: MemberIndex, outpoint: Outpoint): ToldSpend {
    let spend = NOTHING
    for (const { event } of this.#tellings.get(member) ?? []) spend = after(spend, outpoint, event)
    return spend
  }

  /** As it was told last in this life; null before that. */
  healthOf(member: MemberIndex): ToldHealth | null {
    return this.#health.get(member) ?? null
  }

  tipOf(member: MemberIndex): BlockRef | null {
    const last = this.#tellings
      .get(member)
      ?.findLast(({ event }) => event.event === 'block-connected' || event.event === 'block-disconnected')?.event
    if (last?.event === 'block-connected') return last.block
    if (last?.event !== 'block-disconnected') return null
    return { height: (last.block.height - 1) as BlockRef['height'], hash: last.previous }
  }
}

function keyOf(member: MemberIndex, outpoint: Outpoint, txid: Txid): string {
  return `${member}/${outpoint}/${txid}`
}

function after(spend: ToldSpend, outpoint: Outpoint, event: ChainEvent): ToldSpend {
  if (event.event === 'block-disconnected') {
    return spend.confirmed?.block.hash === event.block.hash ? { ...spend, confirmed: null } : spend
  }
  if (!('outpoint' in event) || event.outpoint !== outpoint) return spend
  switch (event.event) {
    case 'spend-seen':
    case 'spend-replaced':
      return { ...spend, mempool: event.tx }
    case 'spend-evicted':
      return { ...spend, mempool: null }
    case 'spend-confirmed':
      return { mempool: null, confirmed: { tx: event.tx, block: event.block } }
    case 'spend-unconfirmed':
      return { ...spend, confirmed: null }
  }
}
