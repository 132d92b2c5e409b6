/**
 * The dealer's part of custody: each recovery transaction into an envelope of its own key, the key into shares, each
 * share sealed to its member. The dealer is trusted for availability, so it opens everything again before it is sent.
 */
import {
  KeystoreError,
  type SecretBytes,
  combineShares,
  openEnvelope,
  randomKey,
  seal,
  sealEnvelope,
  sha256,
  splitKey,
} from '@belfry/keystore'
import {
  type Action,
  type Federation,
  SHARE_BYTES,
  type ShareCommitment,
  commitToKey,
  commitToShare,
  enrolInfo,
  envelopeAad,
  envelopeIdOf,
  hashOfEnvelope,
} from '@belfry/protocol'
import {
  type EnvelopeId,
  type Hash32,
  type ManifestHash,
  type Txid,
  type VaultId,
  fromHex,
  invariant,
} from '@belfry/protocol/primitives'
import { ClientError } from '../errors.ts'

const hasher = { sha256 }

/** One envelope with its key's shares still open, between being made and being sealed. In locked memory. */
export interface DealtEnvelope {
  readonly envelope_id: EnvelopeId
  readonly envelope: Uint8Array
  readonly envelope_hash: Hash32
  readonly key_hash: Hash32
  readonly commitments: readonly ShareCommitment[]
  /** By member, in the order of the lock. */
  readonly shares: readonly SecretBytes[]
}

export interface Dealing {
  readonly federation: Federation
  readonly vault_id: VaultId
  readonly generation: number
}

/** Which transaction goes into which place; `txid` is null for the drill's random bytes. */
export interface Content {
  readonly label: string
  readonly action: Action
  readonly txid: Txid | null
  readonly plaintext: SecretBytes
}

export async function dealEnvelope(dealing: Dealing, content: Content): Promise<DealtEnvelope> {
  const { federation, vault_id, generation } = dealing
  const { label, action, txid, plaintext } = content
  using key = randomKey()
  const key_hash = key.use((bytes) => commitToKey(hasher, bytes))
  const envelope_id = envelopeIdOf(hasher, { vault_id, generation, label, key_hash })
  const envelope = sealEnvelope(key, envelopeAad({ vault_id, generation, envelope_id, txid }), plaintext)
  const shares = await splitKey(key, { threshold: federation.thresholds[action].t, count: federation.members.length })
  const commitments = federation.members.map(({ index: member }, at) => {
    const share = shares[at]
    invariant(share !== undefined, 'a share for every member')
    return share.use((bytes) => ({
      member,
      x: bytes[SHARE_BYTES - 1] ?? 0,
      hash: commitToShare(hasher, { vault_id, generation, envelope_id, member, share: bytes }),
    }))
  })
  return { envelope_id, envelope, envelope_hash: hashOfEnvelope(hasher, envelope), key_hash, commitments, shares }
}

/**
 * Opens an envelope again, so that any t of its shares are proven to open it.
 * @throws ClientError bundle-broken
 */
export async function proveOpens(dealing: Dealing, content: Content, dealt: DealtEnvelope): Promise<void> {
  const { t } = dealing.federation.thresholds[content.action]
  // The first t-1 shares and the key settle the polynomial, and each other share is shown to lie on it.
  for (const share of dealt.shares.slice(t - 1)) {
    using key = await combineShares([...dealt.shares.slice(0, t - 1), share])
    const aad = envelopeAad({ ...dealing, envelope_id: dealt.envelope_id, txid: content.txid })
    if (!opensTo(content.plaintext, key, aad, dealt.envelope)) {
      throw new ClientError(
        'bundle-broken',
        `the envelope ${content.label} does not open to what was put in`,
        'Nothing was sent. Make the bundle again; if it happens again, do not trust this machine.',
      )
    }
  }
}

function opensTo(plaintext: SecretBytes, key: SecretBytes, aad: Uint8Array, envelope: Uint8Array): boolean {
  try {
    using opened = openEnvelope(key, aad, envelope)
    return opened.equals(plaintext)
  } catch (error) {
    if (error instanceof KeystoreError && error.code === 'envelope-not-openable') return false
    throw error
  }
}

/** A member's shares of all envelopes, each sealed to it under the manifest that names them. */
export function sealShares(
  federation: Federation,
  manifest_hash: ManifestHash,
  dealt: readonly DealtEnvelope[],
): Uint8Array[][] {
  return federation.members.map(({ index: recipient, encryption_key }, at) =>
    dealt.map(({ envelope_id, shares }) => {
      const plaintext = shares[at]
      invariant(plaintext !== undefined, 'a share for every member')
      const info = enrolInfo(hasher, { lock_hash: federation.lock_hash, manifest_hash, envelope_id, recipient })
      return seal({ recipientPublicKey: fromHex(encryption_key), info, plaintext })
    }),
  )
}
