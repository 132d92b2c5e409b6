/** Performs what the core asks for, as the node does; secrets live here and end with the process. */
import {
  type BroadcastAnswer,
  type BumpAnswer,
  type DurableEffect,
  type EnrolmentCheck,
  type EnrolmentKeys,
  type Federation,
  type Hasher,
  type ImmediateEffect,
  type Outcome,
  type ShareCommitment,
  SHARE_BYTES,
  commitToShare,
  enrolInfo,
  proofAnswers,
  releaseInfo,
} from '@belfry/protocol'
import {
  type EnvelopeId,
  type ManifestHash,
  type MemberIndex,
  type Outpoint,
  type VaultId,
  fromHex,
  splitOutpoint,
} from '@belfry/protocol/primitives'
import { type BitcoinNetwork, type SimBitcoind, type SimTx, completedBy, makeTx } from '../chain/index.ts'
import { open, seal } from '../crypto/index.ts'
import type { MemberClock, Random } from '../world/index.ts'
import { hasBlock, headersAfter, judgeHeaders } from './headers.ts'
import type { Vaults } from './vaults.ts'

type Effect<K extends ImmediateEffect['effect']> = Extract<ImmediateEffect, { effect: K }>
type Broadcast = Extract<DurableEffect, { effect: 'broadcast' }>
type Bump = Extract<DurableEffect, { effect: 'bump' }>

export interface ShellModules {
  readonly federation: Federation
  readonly self: MemberIndex
  readonly hasher: Hasher
  readonly random: Random
  /** Of this life: what is under way when it ends has no outcome. */
  readonly clock: MemberClock
  readonly bitcoind: SimBitcoind
  readonly bitcoin: BitcoinNetwork
  readonly vaults: Vaults
  /** Its fee wallet has coins; else there is none. */
  readonly has_fee_coins: boolean
  /** Of the active manifest of a vault under the newest earlier lock that this machine serves; null where there is none. */
  readonly earlierKeys: (vault_id: VaultId) => EnrolmentKeys | null
  readonly watch: (outpoints: readonly Outpoint[]) => void
  readonly offer: (outcome: Outcome) => void
  /** What a corrupted member makes of the share that it seals; an honest one leaves it as it is. */
  readonly distort: (share: Uint8Array) => Uint8Array
}

const COMPLETED_VSIZE = 236
const CHILD_VSIZE = 151
/** An RPC call, or an opening of a share: milliseconds. */
const MAX_WORK_MS = 8

export class Shell {
  readonly #modules: ShellModules
  readonly #kept = new Map<EnvelopeId, Map<MemberIndex, Uint8Array>>()
  readonly #rebuilt = new Map<EnvelopeId, SimTx>()

  constructor(modules: ShellModules) {
    this.#modules = modules
  }

  /** The opened shares that this process holds, by envelope. */
  get kept(): ReadonlyMap<EnvelopeId, ReadonlyMap<MemberIndex, Uint8Array>> {
    return this.#kept
  }

  verifyEnrolment(effect: Effect<'verify-enrolment'>): void {
    const opened = this.#checkShares(effect)
    if (opened !== 'ok') {
      this.#answer(() => ({ of: 'verify-enrolment', manifest_hash: effect.manifest_hash, check: opened, earlier_enrol: null }))
      return
    }
    this.#modules.watch(effect.watch)
    this.#answer(() => {
      const check = this.#checkDeposit(effect.deposit.outpoint)
      return { of: 'verify-enrolment', manifest_hash: effect.manifest_hash, check, earlier_enrol: this.#modules.earlierKeys(effect.vault_id) }
    })
  }

  sealShare(effect: Effect<'seal-share'>): void {
    const { incident_id, manifest_hash, envelope_id, to } = effect
    this.#answer(() => {
      const share = this.#openMine(manifest_hash, envelope_id, effect.sealed)
      const sealed = share && this.#sealTo(effect, this.#modules.distort(share))
      return { of: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed }
    })
  }

  openShare(effect: Effect<'open-share'>): void {
    const { incident_id, envelope_id, from } = effect
    this.#answer(() => {
      const share = this.#openFrom(effect)
      const isGood = share !== null && this.#matches(share, effect)
      if (isGood) this.#keep(envelope_id, from, share)
      return { of: 'open-share', incident_id, envelope_id, from, result: isGood ? 'good' : 'bad' }
    })
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

  checkOwnShares({ vault_id, command_hash, manifests }: Effect<'check-shares'>): void {
    this.#answer(() => {
      const all = manifests.flatMap(({ manifest_hash, generation, shares }) =>
        shares.map(({ envelope_id, commitment, sealed }) => {
          const share = this.#openMine(manifest_hash, envelope_id, sealed)
          return share !== null && this.#matches(share, { vault_id, generation, envelope_id, commitment })
        }),
      )
      return { of: 'check-shares', vault_id, command_hash, tried: all.length, good: all.filter(Boolean).length }
    })
  }

  rebuild(effect: Effect<'rebuild'>): void {
    const { incident_id, envelope_id, threshold } = effect
    this.#answer(() => {
      const shares = this.#kept.get(envelope_id)
      if (effect.txid === null) {
        const isOpen = shares !== undefined && shares.size >= threshold
        return { of: 'rebuild', incident_id, envelope_id, result: isOpen ? 'opened' : 'bad-dealer' }
      }
      const deal = this.#modules.vaults.dealOf(envelope_id)
      const tx = deal?.recoveries.get(envelope_id)
      const isKeyRight = shares !== undefined && shares.size >= threshold && !deal?.spoiled.has(envelope_id)
      const isOpen = isKeyRight && tx?.txid === effect.txid
      if (isOpen) this.#rebuilt.set(envelope_id, tx)
      return { of: 'rebuild', incident_id, envelope_id, result: isOpen ? tx.txid : 'bad-dealer' }
    })
  }

  testSighting({ incident_id, member, raw, outpoints }: Effect<'test-sighting'>): void {
    this.#answer(() => {
      const tx = this.#modules.vaults.txOf(raw)
      const isTaken = tx !== null && outpoints.includes(tx.spends) && this.#modules.bitcoind.wouldTake(tx)
      return { of: 'test-sighting', incident_id, member, sighted: isTaken ? { outpoint: tx.spends, tx: tx.spend } : null }
    })
  }

  forget(envelopes: readonly EnvelopeId[]): void {
    for (const envelope_id of envelopes) {
      this.#kept.delete(envelope_id)
      this.#rebuilt.delete(envelope_id)
    }
  }

  broadcast({ incident_id, envelope_id, txid, parent }: Broadcast): void {
    this.#answer(() => {
      const tx = this.#rebuilt.get(envelope_id)
      const parentTx = parent && this.#modules.vaults.txOf(parent)
      // A bug of the core: the checks of S8 say so.
      if (tx?.txid !== txid) return { of: 'broadcast', incident_id, envelope_id, txid, answer: 'rejected' }
      const answer = this.#modules.bitcoind.submit(tx, parentTx)
      if (answer === 'accepted' || answer === 'already-known') this.#modules.bitcoin.relay(tx, this.#modules.bitcoind, parentTx)
      return { of: 'broadcast', incident_id, envelope_id, txid, answer }
    })
  }

  bump(effect: Bump): void {
    const { incident_id, envelope_id, txid } = effect
    this.#answer(() => {
      const tx = this.#rebuilt.get(envelope_id)
      const refused = (answer: BumpAnswer): Outcome => ({ of: 'bump', incident_id, envelope_id, answer, txid: null, feerate: null })
      if (!this.#modules.has_fee_coins) return refused('no-coin')
      // A bug of the core: the checks of S8 say so.
      if (tx?.txid !== txid) return refused('rejected')
      const { answer, recovery } = this.#pay(tx, effect)
      if (answer !== 'accepted' && answer !== 'already-known') return refused(answer)
      return { of: 'bump', incident_id, envelope_id, answer, txid: recovery.txid, feerate: effect.feerate }
    })
  }

  /** There is always a coin of the right size. */
  #pay(tx: SimTx, { means, feerate, min_fee }: Bump): { answer: BroadcastAnswer; recovery: SimTx } {
    const { hasher, bitcoind, bitcoin, vaults, self } = this.#modules
    const isOpen = means === 'anyone-can-pay'
    const vsize = isOpen ? COMPLETED_VSIZE : tx.vsize + CHILD_VSIZE
    const fee = Math.max(Math.ceil((feerate * vsize) / 1_000), Number(min_fee))
    const label = `paid by ${self}`
    const paying = isOpen
      ? completedBy(hasher, tx, label, { feerate: Math.ceil((fee * 1_000) / vsize), vsize })
      : makeTx(hasher, {
          purpose: 'fee-child',
          label,
          spends: tx.output,
          feerate: Math.ceil(((fee - Number(tx.fee)) * 1_000) / CHILD_VSIZE),
          vsize: CHILD_VSIZE,
        })
    vaults.addTx(paying)
    const parent = isOpen ? null : tx
    const answer = bitcoind.submit(paying, parent)
    if (answer === 'accepted' || answer === 'already-known') bitcoin.relay(paying, bitcoind, parent)
    return { answer, recovery: isOpen ? paying : tx }
  }

  #answer(outcome: () => Outcome): void {
    this.#modules.clock.after(this.#modules.random.int(1, MAX_WORK_MS), () => this.#modules.offer(outcome()))
  }

  #checkShares(effect: Effect<'verify-enrolment'>): EnrolmentCheck {
    for (const { envelope_id, commitment, sealed } of effect.shares) {
      const share = this.#openMine(effect.manifest_hash, envelope_id, sealed)
      if (share === null) return 'share-does-not-open'
      if (!this.#matches(share, { ...effect, envelope_id, commitment })) return 'share-not-committed'
    }
    return 'ok'
  }

  #checkDeposit(outpoint: Outpoint): EnrolmentCheck {
    const { bitcoind } = this.#modules
    if (!bitcoind.is_up) return 'bitcoind-unreachable'
    if (!bitcoind.tip.confirmed.has(splitOutpoint(outpoint).txid)) return 'deposit-not-yet-seen'
    return bitcoind.tip.spent.has(outpoint) ? 'deposit-spent' : 'ok'
  }

  #myKey(): string {
    return this.#modules.federation.memberOf(this.#modules.self).encryption_key
  }

  #openMine(manifest_hash: ManifestHash, envelope_id: EnvelopeId, sealed: Uint8Array): Uint8Array | null {
    const { federation, hasher, self } = this.#modules
    const info = enrolInfo(hasher, { lock_hash: federation.lock_hash, manifest_hash, envelope_id, recipient: self })
    return open(hasher, { recipient: this.#myKey(), info }, sealed)
  }

  #openFrom(effect: Effect<'open-share'>): Uint8Array | null {
    const { federation, hasher, self } = this.#modules
    const { incident_id, manifest_hash, envelope_id, from, sealed } = effect
    if (from === self) return this.#openMine(manifest_hash, envelope_id, sealed)
    const { lock_hash } = federation
    const info = releaseInfo(hasher, { lock_hash, incident_id, manifest_hash, envelope_id, from, to: self })
    return open(hasher, { recipient: this.#myKey(), info }, sealed)
  }

  #sealTo({ incident_id, manifest_hash, envelope_id, to }: Effect<'seal-share'>, share: Uint8Array): Uint8Array {
    const { federation, hasher, random, self } = this.#modules
    const { lock_hash } = federation
    const info = releaseInfo(hasher, { lock_hash, incident_id, manifest_hash, envelope_id, from: self, to })
    return seal(hasher, { recipient: federation.memberOf(to).encryption_key, info }, random.bytes(32), share)
  }

  #matches(
    share: Uint8Array,
    { vault_id, generation, envelope_id, commitment }: {
      readonly vault_id: VaultId
      readonly generation: number
      readonly envelope_id: EnvelopeId
      readonly commitment: ShareCommitment
    },
  ): boolean {
    const { member, x, hash } = commitment
    if (share.length !== SHARE_BYTES || share.at(-1) !== x) return false
    return commitToShare(this.#modules.hasher, { vault_id, generation, envelope_id, member, share }) === hash
  }

  #keep(envelope_id: EnvelopeId, from: MemberIndex, share: Uint8Array): void {
    const shares = this.#kept.get(envelope_id) ?? new Map<MemberIndex, Uint8Array>()
    shares.set(from, share)
    this.#kept.set(envelope_id, shares)
  }
}
