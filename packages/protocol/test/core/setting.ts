/** A federation with true node keys, and vaults of stand-ins for transactions and owner signatures: the core parses none. */
import { createHash } from 'node:crypto'
import {
  type BlockRef,
  type BumpMeans,
  type CryptoPorts,
  type EnvelopeId,
  Federation,
  type Manifest,
  type ManifestHash,
  type MemberIndex,
  type Outpoint,
  type Rung,
  SEALED_SHARE_BYTES,
  type SignedManifest,
  type SpendTx,
  type ThresholdChoices,
  type Unvault,
  type VaultId,
  commitToKey,
  encodeManifest,
  envelopeIdOf,
  envelopeLabels,
  envelopesOf,
  hashOfEnvelope,
  incidentIdOf,
  manifestHash,
  taggedHash,
  vaultIdOf,
} from '../../src/index.ts'
import {
  type BlockHash,
  type Feerate,
  type Hash32,
  type Height,
  type IncidentId,
  type Sats,
  type Txid,
  concat,
  equalBytes,
  fromHex,
  outpointOf,
  toHex,
  utf8,
} from '../../src/primitives/index.ts'
import { definitionOf, keyringNamed, lockOf, namesOf } from '../federation/fixture.ts'

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest())
export const hasher = { sha256 }

export function hexOf(label: string): string {
  return toHex(sha256(utf8(label)))
}

/** A stand-in for BIP-340: the hash of key and digest, twice. Whoever knows the public key can make it. */
export function ownerSign(key: string, digest: Uint8Array): Uint8Array {
  const half = sha256(concat(fromHex(key), digest))
  return concat(half, half)
}

export function portsOf(name: string): CryptoPorts {
  return {
    ...keyringNamed(name).ports,
    verifyOwner: (key, digest, signature) => equalBytes(signature, ownerSign(key, digest)),
  }
}

export interface Setting {
  readonly federation: Federation
  /** In the order of the members. */
  readonly ports: readonly CryptoPorts[]
  readonly owner: { readonly peer_id: string; readonly root: string }
  /** Whom the members admit, too. */
  readonly others?: readonly { readonly peer_id: string; readonly root: string }[]
}

const settings = new Map<string, Setting>()

/** The same one for the same request: to make it takes a signature of each member. */
export function settingOf(members: number, thresholds: ThresholdChoices = {}): Setting {
  const key = JSON.stringify([members, thresholds])
  const made = settings.get(key)
  if (made) return made
  const names = namesOf(members)
  const lock = lockOf(definitionOf(names, { thresholds }))
  const ports = names.map(portsOf)
  const [first] = ports
  if (!first) throw new Error('a federation has members')
  const fresh = {
    federation: Federation.fromLock(first, lock),
    ports,
    owner: { peer_id: 'owner-peer', root: hexOf('owner root') },
  }
  settings.set(key, fresh)
  return fresh
}

/** Stands for a transaction: bytes of its own and a true witness txid. */
export function transactionOf(label: string): SpendTx {
  const raw = utf8(`transaction ${label}`)
  const txid = toHex(sha256(sha256(raw)).toReversed()) as Txid
  return { txid, wtxid: txid, vsize: 158, fee: 316n as Sats, outputs_hash: hexOf(`outputs of ${label}`) as Hash32, raw }
}

export function blockAt(height: number, branch = 'main'): BlockRef {
  return { height: height as Height, hash: hexOf(`${branch} block ${height}`) as BlockHash }
}

export interface TestVault {
  readonly manifest: Manifest
  readonly signed: SignedManifest
  readonly hash: ManifestHash
  readonly vault_id: VaultId
  readonly deposit: Outpoint
  /** U of the first variant, and the outpoint that K spends. */
  readonly unvault: SpendTx
  readonly unvaulted: Outpoint
  readonly theft: IncidentId
  readonly cold_theft: IncidentId
  readonly envelopes: Uint8Array[]
  /** What a member is sent; every share is the same stand-in. */
  readonly shares: Uint8Array[]
  readonly ids: readonly EnvelopeId[]
}

export interface VaultChoices {
  readonly label?: string
  readonly generation?: number
  readonly previous?: ManifestHash
  readonly rates?: readonly number[]
  readonly emergency?: readonly number[]
  readonly variants?: number
  /** Each variant has these after its ladder. */
  readonly means?: readonly BumpMeans[]
  /** Applied before it is signed. */
  readonly change?: (manifest: Manifest) => Manifest
}

export function vaultOf({ federation, owner }: Setting, choices: VaultChoices = {}): TestVault {
  const { label = 'vault', generation = 1, previous = null, rates = [2, 10, 50, 250], variants = 1, means = [] } = choices
  const deposit = outpointOf(transactionOf(`${label}/deposit`).txid, 0)
  const vault_id = vaultIdOf(hasher, deposit, owner.root)
  const unvault = transactionOf(`${label}/unvault/0`)
  const has = (kind: BumpMeans): true | null => (means.includes(kind) ? true : null)
  const place = { clawback: rates, anyone_can_pay: has('anyone-can-pay'), anchored: has('anchored') }
  const shape = { unvaults: Array.from({ length: variants }, () => place), emergency: choices.emergency ?? [10, 250] }
  const labels = envelopeLabels(shape)
  const envelopes = labels.map((one) => utf8(`envelope of ${label}/${generation}/${one}, sealed`))
  let next = 0
  const sealing = () => {
    const at = next++
    const one = labels[at] ?? ''
    const key_hash = commitToKey(hasher, sha256(utf8(`key of ${label}/${generation}/${one}`)))
    return {
      envelope_id: envelopeIdOf(hasher, { vault_id, generation, label: one, key_hash }),
      envelope_hash: hashOfEnvelope(hasher, envelopes[at] ?? new Uint8Array()),
      key_hash,
      shares: federation.members.map(({ index }) => ({
        member: index,
        x: index,
        hash: hexOf(`${one}/${index}`) as Hash32,
      })),
    }
  }
  const rung = (name: string, rate: number): Rung => {
    const { txid, wtxid } = transactionOf(`${label}/${name}/${rate}`)
    return {
      ...sealing(),
      txid,
      wtxid,
      vsize: 169,
      fee: BigInt(169 * rate) as Sats,
      feerate: (rate * 1_000) as Feerate,
    }
  }
  const unvaults = shape.unvaults.map(({ clawback }, variant): Unvault => {
    const { txid } = transactionOf(`${label}/unvault/${variant}`)
    const name = variant === 0 ? 'clawback' : `clawback${variant}`
    return {
      txid,
      vout: 0,
      vsize: 158,
      fee: 316n as Sats,
      clawback: clawback.map((rate) => rung(name, rate)),
      anyone_can_pay: has('anyone-can-pay') && {
        ...rung(`${name}/anyone`, 2),
        outputs_hash: transactionOf(`${label}/${name}/anyone/2`).outputs_hash,
      },
      anchored: has('anchored') && rung(`${name}/anchored`, 2),
    }
  })
  const plain: Manifest = {
    format: 'belfry-manifest',
    version: 1,
    name: label,
    lock_hash: federation.lock_hash,
    epoch: federation.epoch,
    vault_id,
    generation,
    previous,
    deposit: { outpoint: deposit, value: 50_000_000n as Sats, script: new Uint8Array(34).fill(1), funding: 'confirmed' },
    csv: 144,
    act_at: 'confirmation',
    unvaults,
    emergency: shape.emergency.map((rate) => rung('emergency', rate)),
    dead_man: [],
    drill: sealing(),
    owner: {
      root: owner.root,
      enrol: { k: 1, keys: [owner.root] },
      announce: [],
      panic: { k: 1, keys: [owner.root] },
    },
    activation_delay: 1,
  }
  const manifest = choices.change?.(plain) ?? plain
  const bytes = encodeManifest(manifest)
  const signature = ownerSign(owner.root, taggedHash(hasher, 'manifest', bytes))
  return {
    manifest,
    signed: { bytes, signatures: [{ key: owner.root, signature }] },
    hash: manifestHash(hasher, bytes),
    vault_id,
    deposit,
    unvault,
    unvaulted: outpointOf(unvault.txid, 0),
    theft: incidentIdOf(hasher, vault_id, 'theft'),
    cold_theft: incidentIdOf(hasher, vault_id, 'cold-theft'),
    envelopes,
    shares: labels.map(() => new Uint8Array(SEALED_SHARE_BYTES).fill(7)),
    ids: envelopesOf(manifest).map(({ envelope_id }) => envelope_id),
  }
}

export function clawbackTx(rate: number, label = 'vault'): SpendTx {
  return transactionOf(`${label}/clawback/${rate}`)
}

export function memberAt({ federation }: Setting, index: number): MemberIndex {
  return federation.memberOf(index as MemberIndex).index
}

/** An A that a coin completed: its own txid, the manifest's outputs. */
export function completedA(coin: string, fee: number, name = 'vault/clawback'): SpendTx {
  const { outputs_hash } = transactionOf(`${name}/anyone/2`)
  return { ...transactionOf(`${name}/anyone with ${coin}`), outputs_hash, vsize: 236, fee: BigInt(fee) as Sats }
}

export function anchoredTx(name = 'vault/clawback'): SpendTx {
  return transactionOf(`${name}/anchored/2`)
}
