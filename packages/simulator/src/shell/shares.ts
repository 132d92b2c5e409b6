/** The shares that one process opens, seals and holds, and what it rebuilds of them: they end with it. */
import { type ShareCommitment, SHARE_BYTES, commitToShare, enrolInfo, releaseInfo } from '@belfry/protocol'
import type { EnvelopeId, ManifestHash, MemberIndex, VaultId } from '@belfry/protocol/primitives'
import type { SimTx } from '../chain/index.ts'
import { open, seal } from '../crypto/index.ts'
import type { Effect, OutcomeOf, ShellModules } from './modules.ts'

export type ShareModules = Pick<ShellModules, 'federation' | 'self' | 'hasher' | 'random' | 'vaults' | 'distort'>

interface Committed {
  readonly vault_id: VaultId
  readonly generation: number
  readonly envelope_id: EnvelopeId
  readonly commitment: ShareCommitment
}

export class Shares {
  readonly #modules: ShareModules
  readonly #kept = new Map<EnvelopeId, Map<MemberIndex, Uint8Array>>()
  readonly #rebuilt = new Map<EnvelopeId, SimTx>()

  constructor(modules: ShareModules) {
    this.#modules = modules
  }

  /** The opened shares that this process holds, by envelope. */
  get kept(): ReadonlyMap<EnvelopeId, ReadonlyMap<MemberIndex, Uint8Array>> {
    return this.#kept
  }

  check(effect: Effect<'verify-enrolment'>): 'ok' | 'share-does-not-open' | 'share-not-committed' {
    for (const { envelope_id, commitment, sealed } of effect.shares) {
      const share = this.#openMine(effect.manifest_hash, envelope_id, sealed)
      if (share === null) return 'share-does-not-open'
      if (!this.#matches(share, { ...effect, envelope_id, commitment })) return 'share-not-committed'
    }
    return 'ok'
  }

  /** Whether each of a member's own shares still opens, and is the one that was dealt. */
  checkOwn({ vault_id, manifests }: Effect<'check-shares'>): boolean[] {
    return manifests.flatMap(({ manifest_hash, generation, shares }) =>
      shares.map(({ envelope_id, commitment, sealed }) => {
        const share = this.#openMine(manifest_hash, envelope_id, sealed)
        return share !== null && this.#matches(share, { vault_id, generation, envelope_id, commitment })
      }),
    )
  }

  /** This member's share, sealed to another; null where it does not open. */
  sealTo({ incident_id, manifest_hash, envelope_id, to, sealed }: Effect<'seal-share'>): Uint8Array | null {
    const mine = this.#openMine(manifest_hash, envelope_id, sealed)
    if (mine === null) return null
    const share = this.#modules.distort(mine)
    const { federation, hasher, random, self } = this.#modules
    const { lock_hash } = federation
    const info = releaseInfo(hasher, { lock_hash, incident_id, manifest_hash, envelope_id, from: self, to })
    return seal(hasher, { recipient: federation.memberOf(to).encryption_key, info }, random.bytes(32), share)
  }

  /** Kept where it is good. */
  open(effect: Effect<'open-share'>): 'good' | 'bad' {
    const share = this.#openFrom(effect)
    if (share === null || !this.#matches(share, effect)) return 'bad'
    const shares = this.#kept.get(effect.envelope_id) ?? new Map<MemberIndex, Uint8Array>()
    shares.set(effect.from, share)
    this.#kept.set(effect.envelope_id, shares)
    return 'good'
  }

  rebuild({ envelope_id, threshold, txid }: Effect<'rebuild'>): OutcomeOf<'rebuild'>['result'] {
    const shares = this.#kept.get(envelope_id)
    const isEnough = shares !== undefined && shares.size >= threshold
    if (txid === null) return isEnough ? 'opened' : 'bad-dealer'
    const deal = this.#modules.vaults.dealOf(envelope_id)
    const tx = deal?.recoveries.get(envelope_id)
    const isOpen = isEnough && !deal?.spoiled.has(envelope_id) && tx?.txid === txid
    if (!isOpen) return 'bad-dealer'
    this.#rebuilt.set(envelope_id, tx)
    return tx.txid
  }

  rebuilt(envelope_id: EnvelopeId): SimTx | undefined {
    return this.#rebuilt.get(envelope_id)
  }

  forget(envelopes: readonly EnvelopeId[]): void {
    for (const envelope_id of envelopes) {
      this.#kept.delete(envelope_id)
      this.#rebuilt.delete(envelope_id)
    }
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

  #matches(share: Uint8Array, { vault_id, generation, envelope_id, commitment: { member, x, hash } }: Committed): boolean {
    if (share.length !== SHARE_BYTES || share.at(-1) !== x) return false
    return commitToShare(this.#modules.hasher, { vault_id, generation, envelope_id, member, share }) === hash
  }
}
