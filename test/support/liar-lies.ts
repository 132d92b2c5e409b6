/** What a liar says of one vault. All of it is signed by the member that it stands for. */
import { randomBytes } from 'node:crypto'
import type { EnrolledVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { seal, sha256 } from '../../packages/keystore/src/index.ts'
import {
  NO_DISCRIMINATOR,
  type BodyOf, type Frame, SEALED_SHARE_BYTES, ACTION_OF, decodeManifest, encodeBody, encodeFrame, enrolInfo, envelopesOf, incidentIdOf, manifestHash,
  releaseInfo, rungsOf, taggedHash,
} from '../../packages/protocol/src/index.ts'
import { type Hash32, type Height, type MemberIndex, type Txid, fromHex, toHex } from '../../packages/protocol/src/primitives/index.ts'
import type { Liar } from './liar.ts'

const hasher = { sha256 }

export interface Vaulted {
  readonly vault: EnrolledVault
  readonly manifest: ReturnType<typeof decodeManifest>
  readonly manifest_hash: ReturnType<typeof manifestHash>
  /** Of its theft. */
  readonly incident_id: ReturnType<typeof incidentIdOf>
}

export function vaulted(vault: EnrolledVault): Vaulted {
  const { bytes } = vault.bundle.manifest
  const manifest = decodeManifest(bytes)
  return { vault, manifest, manifest_hash: manifestHash(hasher, bytes), incident_id: incidentIdOf(hasher, manifest.vault_id, 'theft') }
}

/** A vote for the theft of a vault. @param raw the transaction that it says it saw */
export function falseVote(liar: Liar, { manifest, incident_id }: Vaulted, anchor_height: number, raw: Uint8Array | null): Frame {
  const witness_txid = raw === null ? null : (toHex(sha256(sha256(raw)).toReversed()) as Txid)
  const body = encodeBody('vote', {
    vault_id: manifest.vault_id,
    trigger: 'theft',
    discriminator: NO_DISCRIMINATOR, incident_id,
    action: ACTION_OF.theft,
    anchor_height: anchor_height as Height,
    witness_txid,
  })
  return liar.frame('vote', body, {}, raw)
}

/** Votes, by whomever, put together as a certificate. */
export function certificateOf(liar: Liar, { manifest, incident_id }: Vaulted, votes: readonly Uint8Array[]): Uint8Array {
  return liar.say('certificate', { vault_id: manifest.vault_id, trigger: 'theft', discriminator: NO_DISCRIMINATOR, incident_id, action: ACTION_OF.theft, votes: [...votes] })
}

/** From the end of an unvault back into its last signature: lock time, witness script of three keys, their lengths. */
const INTO_SIGNATURE_BYTES = 4 + 105 + 1 + 20

/** The unvault with one bit of a signature turned: it looks like the theft, and no bitcoind takes it. */
export function madeUpTheft({ vault }: Vaulted): Uint8Array {
  const raw = Uint8Array.from(vault.unvault.raw)
  const at = raw.length - INTO_SIGNATURE_BYTES
  raw[at] = (raw[at] ?? 0) ^ 1
  return raw
}

/** A release of the rung's envelope, of bytes that nobody can open. */
export function garbageShare(liar: Liar, vaultedOne: Vaulted, rung: number, to: Member): Uint8Array {
  return release(liar, vaultedOne, rung, to, new Uint8Array(randomBytes(SEALED_SHARE_BYTES)))
}

/** A release of the rung's envelope that opens, to the liar's share of another envelope. */
export function otherShare(liar: Liar, one: Vaulted, rung: number, to: Member): Uint8Array {
  const { vault, manifest, manifest_hash, incident_id } = one
  const at = envelopesOf(manifest).findIndex(({ envelope_id }) => envelope_id === manifest.drill.envelope_id)
  const sealed = vault.bundle.shares[liar.index - 1]?.[at]
  const envelope_id = envelopeOf(one, rung)
  if (sealed === undefined) throw new RangeError('every member has a share of every envelope')
  const { lock_hash } = liar.federation
  const mine = enrolInfo(hasher, { lock_hash, manifest_hash, envelope_id: manifest.drill.envelope_id, recipient: liar.index })
  using share = liar.keys.open(sealed, { info: mine })
  const info = releaseInfo(hasher, { lock_hash, incident_id, manifest_hash, envelope_id, from: liar.index, to: to.index })
  const recipientPublicKey = fromHex(liar.federation.memberOf(to.index).encryption_key)
  return release(liar, one, rung, to, seal({ recipientPublicKey, info, plaintext: share }))
}

function release(liar: Liar, one: Vaulted, rung: number, to: Member, sealed: Uint8Array): Uint8Array {
  const { manifest_hash, incident_id } = one
  const sealed_hash = toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32
  return liar.say('release', { incident_id, manifest_hash, envelope_id: envelopeOf(one, rung), to: to.index, sealed_hash }, sealed)
}

function envelopeOf({ manifest }: Vaulted, rung: number): BodyOf<'release'>['envelope_id'] {
  const envelope = rungsOf(manifest)[rung]
  if (envelope === undefined) throw new RangeError(`there is no rung ${rung}`)
  return envelope.envelope_id
}

/** "I have nothing: send me all that there is." */
export function pullForAll(liar: Liar, { incident_id, manifest_hash }: Vaulted): Uint8Array {
  return liar.say('pull', {
    incidents: [{ incident_id, votes: [], releases: [], broadcasts: [] }],
    owner_messages: [], evidence: [], own: false, custody: [{ manifest_hash, receipts: [], published: [], taken_back: [], let_be: [], withdrawal: false }],
  })
}

/** With the head of another member, signed by the liar. */
export function inTheNameOf(liar: Liar, other: MemberIndex, frame: { readonly kind: string; readonly body: Uint8Array }): Uint8Array {
  return encodeFrame(liar.frame(frame.kind, frame.body, { from: other, peer_id: liar.federation.memberOf(other).peer_id }))
}
