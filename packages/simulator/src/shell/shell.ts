/** Performs what the core asks for, as the node does: each answer comes back as an outcome, some milliseconds later. */
import { type BumpAnswer, type EnrolmentCheck, type Outcome, proofAnswers } from '@belfry/protocol'
import { type EnvelopeId, type Outpoint, fromHex, splitOutpoint } from '@belfry/protocol/primitives'
import { hasBlock, headersAfter, judgeHeaders } from './headers.ts'
import type { Broadcast, Bump, Effect, ShellModules } from './modules.ts'
import { pay, submit } from './payments.ts'
import { Shares } from './shares.ts'

/** An RPC call, or an opening of a share: milliseconds. */
const MAX_WORK_MS = 8

export class Shell {
  readonly #modules: ShellModules
  readonly #shares: Shares

  constructor(modules: ShellModules) {
    this.#modules = modules
    this.#shares = new Shares(modules)
  }

  get kept(): Shares['kept'] {
    return this.#shares.kept
  }

  verifyEnrolment(effect: Effect<'verify-enrolment'>): void {
    const { manifest_hash, vault_id, deposit } = effect
    const opened = this.#shares.check(effect)
    if (opened !== 'ok') {
      this.#answer(() => ({ of: 'verify-enrolment', manifest_hash, check: opened, earlier_enrol: null }))
      return
    }
    this.#modules.watch(effect.watch)
    this.#answer(() => {
      const check = this.#checkDeposit(deposit.outpoint)
      return { of: 'verify-enrolment', manifest_hash, check, earlier_enrol: this.#modules.earlierKeys(vault_id) }
    })
  }

  sealShare(effect: Effect<'seal-share'>): void {
    const { incident_id, manifest_hash, envelope_id, to } = effect
    this.#answer(() => ({ of: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed: this.#shares.sealTo(effect) }))
  }

  openShare(effect: Effect<'open-share'>): void {
    const { incident_id, envelope_id, from } = effect
    this.#answer(() => ({ of: 'open-share', incident_id, envelope_id, from, result: this.#shares.open(effect) }))
  }

  checkOwnShares(effect: Effect<'check-shares'>): void {
    const { vault_id, command_hash } = effect
    this.#answer(() => {
      const all = this.#shares.checkOwn(effect)
      return { of: 'check-shares', vault_id, command_hash, tried: all.length, good: all.filter(Boolean).length }
    })
  }

  rebuild(effect: Effect<'rebuild'>): void {
    const { incident_id, envelope_id } = effect
    this.#answer(() => ({ of: 'rebuild', incident_id, envelope_id, result: this.#shares.rebuild(effect) }))
  }

  forget(envelopes: readonly EnvelopeId[]): void {
    this.#shares.forget(envelopes)
  }

  lookAtDeposit({ vault_id, deposit }: Effect<'look-at-deposit'>): void {
    this.#answer(() => ({ of: 'look-at-deposit', vault_id, seen: this.#checkDeposit(deposit.outpoint) === 'ok' ? 'deposit' : 'nothing' }))
  }

  readHeaders({ to, locator, max }: Effect<'read-headers'>): void {
    const { bitcoind, bitcoin } = this.#modules
    this.#answer(() => ({ of: 'read-headers', to, headers: bitcoind.is_up ? headersAfter(bitcoind, bitcoin, locator, max) : [] }))
  }

  submitHeaders({ member, headers }: Effect<'submit-headers'>): void {
    const { bitcoind, bitcoin } = this.#modules
    this.#answer(() => ({ of: 'submit-headers', member, ...judgeHeaders(bitcoind, bitcoin, headers) }))
  }

  /** Simulated blocks have no bytes: their hash stands for them. */
  proveBlock({ block, members }: Effect<'prove-block'>): void {
    const { bitcoind, hasher, federation: { lock_hash } } = this.#modules
    this.#answer(() => {
      const isThere = hasBlock(bitcoind, block.hash, block.height)
      const answers = isThere ? proofAnswers(hasher, { lock_hash, block: block.hash }, members, fromHex(block.hash)) : null
      return { of: 'prove-block', block, answers }
    })
  }

  testSighting({ incident_id, member, raw, outpoints }: Effect<'test-sighting'>): void {
    this.#answer(() => {
      const tx = this.#modules.vaults.txOf(raw)
      const isTaken = tx !== null && outpoints.includes(tx.spends) && this.#modules.bitcoind.wouldTake(tx)
      return { of: 'test-sighting', incident_id, member, sighted: isTaken ? { outpoint: tx.spends, tx: tx.spend } : null }
    })
  }

  broadcast({ incident_id, envelope_id, txid, parent }: Broadcast): void {
    this.#answer(() => {
      const tx = this.#shares.rebuilt(envelope_id)
      // A bug of the core: the checks of S8 say so.
      if (tx?.txid !== txid) return { of: 'broadcast', incident_id, envelope_id, txid, answer: 'rejected' }
      const answer = submit(this.#modules, tx, parent && this.#modules.vaults.txOf(parent))
      return { of: 'broadcast', incident_id, envelope_id, txid, answer }
    })
  }

  bump(effect: Bump): void {
    const { incident_id, envelope_id, txid } = effect
    this.#answer(() => {
      const tx = this.#shares.rebuilt(envelope_id)
      const refused = (answer: BumpAnswer): Outcome => ({ of: 'bump', incident_id, envelope_id, answer, txid: null, feerate: null })
      if (!this.#modules.has_fee_coins) return refused('no-coin')
      // A bug of the core: the checks of S8 say so.
      if (tx?.txid !== txid) return refused('rejected')
      const { answer, recovery } = pay(this.#modules, tx, effect)
      if (answer !== 'accepted' && answer !== 'already-known') return refused(answer)
      return { of: 'bump', incident_id, envelope_id, answer, txid: recovery.txid, feerate: effect.feerate }
    })
  }

  #answer(outcome: () => Outcome): void {
    this.#modules.clock.after(this.#modules.random.int(1, MAX_WORK_MS), () => this.#modules.offer(outcome()))
  }

  #checkDeposit(outpoint: Outpoint): EnrolmentCheck {
    const { bitcoind } = this.#modules
    if (!bitcoind.is_up) return 'bitcoind-unreachable'
    if (!bitcoind.tip.confirmed.has(splitOutpoint(outpoint).txid)) return 'deposit-not-yet-seen'
    return bitcoind.tip.spent.has(outpoint) ? 'deposit-spent' : 'ok'
  }
}
