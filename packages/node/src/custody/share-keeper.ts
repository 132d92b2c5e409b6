/** Opened shares of released envelopes, in locked memory until their transaction is rebuilt, their incident over or the process ends. */
import { KeystoreError, type NodeKeys, type SecretBytes, seal, sha256 } from '@belfry/keystore'
import { type Federation, SHARE_BYTES, type ImmediateEffect, commitToShare, enrolInfo, releaseInfo } from '@belfry/protocol'
import { type EnvelopeId, type ManifestHash, type MemberIndex, type VaultId, fromHex } from '@belfry/protocol/primitives'
import type { ShareCommitment } from '@belfry/protocol'

type Effect<K extends ImmediateEffect['effect']> = Extract<ImmediateEffect, { effect: K }>

/** Each share takes a locked page; this many leave room for keys and transactions within 32 MiB. */
export const MAX_KEPT_SHARES = 4_096

/** What a share was committed to. */
interface Committed {
  readonly vault_id: VaultId
  readonly generation: number
  readonly envelope_id: EnvelopeId
  readonly commitment: ShareCommitment
}

const hasher = { sha256 }

export class ShareKeeper {
  readonly #federation: Federation
  readonly #self: MemberIndex
  readonly #keys: NodeKeys
  readonly #shares = new Map<EnvelopeId, Map<MemberIndex, SecretBytes>>()
  /** Of these no share is needed any more; as many as there are rebuilt transactions. */
  readonly #finished = new Set<EnvelopeId>()
  #count = 0

  constructor(options: { federation: Federation; self: MemberIndex }, modules: { keys: NodeKeys }) {
    this.#federation = options.federation
    this.#self = options.self
    this.#keys = modules.keys
  }

  get count(): number {
    return this.#count
  }

  /** Opens a share that the owner sealed to me at enrolment; `open` checks what comes out. */
  #openMine(manifest_hash: ManifestHash, envelope_id: EnvelopeId, sealed: Uint8Array): SecretBytes {
    const info = enrolInfo(hasher, {
      lock_hash: this.#federation.lock_hash,
      manifest_hash,
      envelope_id,
      recipient: this.#self,
    })
    return this.#keys.open(sealed, { info })
  }

  /** Whether every share of an enrolment opens, and matches its commitment. Nothing is kept. */
  check(effect: Effect<'verify-enrolment'>): 'ok' | 'share-does-not-open' | 'share-not-committed' {
    for (const { envelope_id, commitment, sealed } of effect.shares) {
      try {
        using share = this.#openMine(effect.manifest_hash, envelope_id, sealed)
        if (!matches(share, { ...effect, envelope_id, commitment })) return 'share-not-committed'
      } catch {
        return 'share-does-not-open'
      }
    }
    return 'ok'
  }

  /** How many of these shares of mine open and match their commitments. Nothing is kept. */
  countGood({ vault_id, manifests }: Effect<'check-shares'>): { tried: number; good: number } {
    let tried = 0
    let good = 0
    for (const { manifest_hash, generation, shares } of manifests) {
      for (const { envelope_id, commitment, sealed } of shares) {
        tried += 1
        try {
          using share = this.#openMine(manifest_hash, envelope_id, sealed)
          if (matches(share, { vault_id, generation, envelope_id, commitment })) good += 1
        } catch (error) {
          if (!(error instanceof KeystoreError)) throw error
        }
      }
    }
    return { tried, good }
  }

  /** My share of an envelope, sealed to another member for one incident; null where my own does not open. */
  sealTo(effect: Effect<'seal-share'>): Uint8Array | null {
    const { incident_id, manifest_hash, envelope_id, to, sealed } = effect
    try {
      using share = this.#openMine(manifest_hash, envelope_id, sealed)
      const info = releaseInfo(hasher, {
        lock_hash: this.#federation.lock_hash,
        incident_id,
        manifest_hash,
        envelope_id,
        from: this.#self,
        to,
      })
      const recipientPublicKey = fromHex(this.#federation.memberOf(to).encryption_key)
      return seal({ recipientPublicKey, info, plaintext: share })
    } catch (error) {
      if (error instanceof KeystoreError) return null
      throw error
    }
  }

  /** Opens a share released to me (or my own), and keeps it if it is what was committed to and is still needed. */
  open(effect: Effect<'open-share'>): 'good' | 'bad' | 'no-room' {
    const { incident_id, manifest_hash, envelope_id, from, sealed } = effect
    const isNeeded = !this.#finished.has(envelope_id)
    if (isNeeded && this.#count >= MAX_KEPT_SHARES) return 'no-room'
    try {
      const share = from === this.#self
        ? this.#openMine(manifest_hash, envelope_id, sealed)
        : this.#keys.open(sealed, {
            info: releaseInfo(hasher, {
              lock_hash: this.#federation.lock_hash,
              incident_id,
              manifest_hash,
              envelope_id,
              from,
              to: this.#self,
            }),
          })
      const isGood = matches(share, effect)
      if (isGood && isNeeded) this.#keep(envelope_id, from, share)
      else share.wipe()
      return isGood ? 'good' : 'bad'
    } catch (error) {
      if (error instanceof KeystoreError) return error.code === 'sealed-not-openable' ? 'bad' : 'no-room'
      throw error
    }
  }

  #keep(envelope_id: EnvelopeId, from: MemberIndex, share: SecretBytes): void {
    const shares = this.#shares.get(envelope_id) ?? new Map<MemberIndex, SecretBytes>()
    const before = shares.get(from)
    if (before) before.wipe()
    else this.#count += 1
    shares.set(from, share)
    this.#shares.set(envelope_id, shares)
  }

  /** The shares kept of an envelope, by member. Lent. */
  sharesOf(envelope_id: EnvelopeId): SecretBytes[] {
    return [...(this.#shares.get(envelope_id) ?? [])].toSorted(([a], [b]) => a - b).map(([, share]) => share)
  }

  /** Its transaction is rebuilt and proven: its shares are wiped, and those that still come are looked at only. */
  finish(envelope_id: EnvelopeId): void {
    this.#wipe(envelope_id)
    this.#finished.add(envelope_id)
  }

  forget(envelope_id: EnvelopeId): void {
    this.#wipe(envelope_id)
    this.#finished.delete(envelope_id)
  }

  wipe(): void {
    for (const envelope_id of [...this.#shares.keys(), ...this.#finished]) this.forget(envelope_id)
  }

  #wipe(envelope_id: EnvelopeId): void {
    const shares = this.#shares.get(envelope_id)
    if (!shares) return
    for (const share of shares.values()) share.wipe()
    this.#count -= shares.size
    this.#shares.delete(envelope_id)
  }
}

/** The share is 33 bytes, its last is the x committed to, and all of them hash to the commitment. */
function matches(share: SecretBytes, { vault_id, generation, envelope_id, commitment }: Committed): boolean {
  if (share.length !== SHARE_BYTES) return false
  return share.use((bytes) => {
    const { member } = commitment
    const hash = commitToShare(hasher, { vault_id, generation, envelope_id, member, share: bytes })
    return bytes[SHARE_BYTES - 1] === commitment.x && hash === commitment.hash
  })
}
