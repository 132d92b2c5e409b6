/**
 * Performs what the core asks for, and hands each outcome back to the loop. What leaves the process comes as `Synced`:
 * only the loop makes one, in the callback of the write that it waits for.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Bitcoind } from '@belfry/bitcoind'
import type { DurableEffect, EnrolmentCheck, EnrolmentKeys, Federation, ImmediateEffect, Outcome, Tell, Verdict, VerdictCode } from '@belfry/protocol'
import { type Outpoint, type VaultId, assertNever } from '@belfry/protocol/primitives'
import type { FederationLink } from '@belfry/network'
import type { Synced } from '@belfry/runtime'
import type { Broadcaster } from '../broadcast/broadcaster.ts'
import type { Bump, FeeBumper } from '../broadcast/fee-bumper.ts'
import { testSighting } from '../broadcast/sighting.ts'
import type { Chain } from '../chain/chain.ts'
import { DEPOSIT_CONFIRMATIONS, checkDeposit, seenOfDeposit } from '../custody/deposit-check.ts'
import type { ShareKeeper } from '../custody/share-keeper.ts'
import type { TransactionKeeper } from '../custody/transaction-keeper.ts'
import { BlockProver, readHeaders, submitHeaders } from '../tips/index.ts'
import type { PendingAnswers } from './pending-answers.ts'

type Effect<K extends ImmediateEffect['effect']> = Extract<ImmediateEffect, { effect: K }>

export interface PerformerModules {
  readonly federation: Federation
  readonly bitcoind: Bitcoind
  readonly chain: Chain
  readonly network: FederationLink
  readonly shares: ShareKeeper
  readonly transactions: TransactionKeeper
  readonly broadcaster: Broadcaster
  readonly bumper: FeeBumper
  readonly verdicts: PendingAnswers<Verdict>
  readonly requests: PendingAnswers<Uint8Array>
  /** Whether an armed manifest needs this outpoint watched. */
  readonly isGuarded: (outpoint: Outpoint) => boolean
  /** Who signs for this vault in the epochs before; null where this node knows of none. */
  readonly earlierKeys: (vault_id: VaultId) => EnrolmentKeys | null
  /** Gives an outcome to the loop. */
  readonly offer: (outcome: Outcome) => void
  readonly tell: (tell: Tell) => void
  readonly count: (verdict: { peer: number; code: VerdictCode; kind: string }) => void
  /** An effect failed in a way that none should: a bug. */
  readonly onBug: (error: unknown) => void
}

export class Performer {
  readonly #modules: PerformerModules
  readonly #prover: BlockProver

  constructor(modules: PerformerModules) {
    this.#modules = modules
    this.#prover = new BlockProver(modules.federation, modules.bitcoind)
  }

  performDurable(synced: Synced<DurableEffect>): void {
    const { effect } = synced
    switch (effect.effect) {
      case 'gossip':
        this.#modules.network.gossip(effect.bytes)
        return
      case 'send':
        this.#modules.network.send(effect.to, effect.bytes)
        return
      case 'reply':
        this.#modules.requests.settle(effect.request_id, effect.bytes)
        return
      case 'unwatch':
        this.#modules.chain.unwatch(effect.outpoints.filter((outpoint) => !this.#modules.isGuarded(outpoint)))
        return
      case 'broadcast':
        this.#answer(this.#broadcast(effect))
        return
      case 'bump':
        this.#answer(this.#bump(effect))
        return
      default:
        assertNever(effect)
    }
  }

  performImmediate(effect: ImmediateEffect): void {
    const { shares, transactions, chain, verdicts } = this.#modules
    switch (effect.effect) {
      case 'verdict':
        if (effect.token !== null) verdicts.settle(effect.token, effect.verdict)
        this.#modules.count(effect)
        return
      case 'tell':
        this.#modules.tell(effect.tell)
        return
      case 'watch':
        chain.watch(effect.outpoints).catch(this.#modules.onBug)
        return
      case 'verify-enrolment':
        this.#answer(this.#verifyEnrolment(effect))
        return
      case 'seal-share':
        this.#modules.offer(this.#sealed(effect))
        return
      case 'open-share':
        this.#modules.offer({ of: 'open-share', ...namesOf(effect), from: effect.from, result: shares.open(effect) })
        return
      case 'rebuild':
        this.#answer(this.#rebuild(effect))
        return
      case 'look-at-deposit':
        this.#answer(this.#lookAtDeposit(effect))
        return
      case 'read-headers':
        this.#answer(this.#readHeaders(effect))
        return
      case 'submit-headers':
        this.#answer(this.#submitHeaders(effect))
        return
      case 'prove-block':
        this.#answer(this.#proveBlock(effect))
        return
      case 'check-shares':
        this.#answer(this.#checkShares(effect))
        return
      case 'test-sighting':
        this.#answer(this.#testSighting(effect))
        return
      case 'forget':
        for (const envelope_id of effect.envelopes) {
          shares.forget(envelope_id)
          transactions.forget(envelope_id)
        }
        return
      default:
        assertNever(effect)
    }
  }

  #answer(outcome: Promise<Outcome>): void {
    outcome.then(this.#modules.offer, this.#modules.onBug)
  }

  async #broadcast(effect: Extract<DurableEffect, { effect: 'broadcast' }>): Promise<Outcome> {
    const { answer, reason } = await this.#modules.broadcaster.submit(effect)
    if (reason !== null) {
      const { incident_id, txid } = effect
      this.#modules.tell({ level: 'info', event: 'broadcast-refused', incident_id, txid, detail: `${answer}: ${reason}` })
    }
    return { of: 'broadcast', ...namesOf(effect), txid: effect.txid, answer }
  }

  async #bump(effect: Bump): Promise<Outcome> {
    return { of: 'bump', ...namesOf(effect), ...(await this.#modules.bumper.bump(effect)) }
  }

  #sealed(effect: Effect<'seal-share'>): Outcome {
    const { manifest_hash, to } = effect
    return { of: 'seal-share', ...namesOf(effect), manifest_hash, to, sealed: this.#modules.shares.sealTo(effect) }
  }

  async #rebuild(effect: Effect<'rebuild'>): Promise<Outcome> {
    return { of: 'rebuild', ...namesOf(effect), result: await this.#modules.transactions.rebuild(effect) }
  }

  /** The outpoints are watched before the deposit is looked at, so that no spend falls in between. */
  async #verifyEnrolment(effect: Effect<'verify-enrolment'>): Promise<Outcome> {
    const { bitcoind, chain, shares, federation } = this.#modules
    const { manifest_hash } = effect
    const opened = shares.check(effect)
    const answer = (check: EnrolmentCheck): Outcome => {
      return { of: 'verify-enrolment', manifest_hash, check, earlier_enrol: this.#modules.earlierKeys(effect.vault_id) }
    }
    if (opened !== 'ok') return answer(opened)
    try {
      await chain.watch(effect.watch)
    } catch {
      return answer('no-room')
    }
    const depth = federation.network === 'mainnet' ? DEPOSIT_CONFIRMATIONS.mainnet : DEPOSIT_CONFIRMATIONS.elsewhere
    const check = await checkDeposit(bitcoind, effect.deposit, depth)
    // Another vault may watch some of them; the rest would only take room.
    if (check !== 'ok') chain.unwatch(effect.watch.filter((outpoint) => !this.#modules.isGuarded(outpoint)))
    return answer(check)
  }

  async #lookAtDeposit({ vault_id, deposit }: Effect<'look-at-deposit'>): Promise<Outcome> {
    return { of: 'look-at-deposit', vault_id, seen: await seenOfDeposit(this.#modules.bitcoind, deposit) }
  }

  async #readHeaders({ to, locator, max }: Effect<'read-headers'>): Promise<Outcome> {
    return { of: 'read-headers', to, headers: await readHeaders(this.#modules.bitcoind, locator, max) }
  }

  async #submitHeaders({ member, headers }: Effect<'submit-headers'>): Promise<Outcome> {
    return { of: 'submit-headers', member, ...(await submitHeaders(this.#modules.bitcoind, headers)) }
  }

  async #proveBlock({ block, members }: Effect<'prove-block'>): Promise<Outcome> {
    return { of: 'prove-block', block, answers: await this.#prover.answers(block, members) }
  }

  /** A drill holds up nothing: between one manifest's shares and the next, whatever else waits has its turn. */
  async #checkShares(effect: Effect<'check-shares'>): Promise<Outcome> {
    const { vault_id, command_hash } = effect
    const total = { tried: 0, good: 0 }
    for (const manifest of effect.manifests) {
      await nextTurn()
      const { tried, good } = this.#modules.shares.countGood({ ...effect, manifests: [manifest] })
      total.tried += tried
      total.good += good
    }
    return { of: 'check-shares', vault_id, command_hash, ...total }
  }

  async #testSighting(effect: Effect<'test-sighting'>): Promise<Outcome> {
    const { incident_id, member } = effect
    return { of: 'test-sighting', incident_id, member, sighted: await testSighting(this.#modules.bitcoind, effect) }
  }
}

function namesOf({ incident_id, envelope_id }: Pick<Effect<'rebuild'>, 'incident_id' | 'envelope_id'>) {
  return { incident_id, envelope_id }
}
