/** What an owner sends to enrol a vault: made once, stored before the first byte is sent, and resumed from what is stored. */
import { SecretBytes, sha256 } from '@belfry/keystore'
import {
  type ActAt,
  type Federation,
  type Manifest,
  type ManifestHash,
  MAX_ENVELOPES,
  MAX_ENVELOPE_BYTES,
  MAX_MEMBERS,
  SEALED_SHARE_BYTES,
  checkManifest,
  encodeManifest,
  envelopeLabels,
  manifestHash,
  signedManifest,
  taggedHash,
  vaultIdOf,
} from '@belfry/protocol'
import {
  type Feerate,
  type Infer,
  type Outpoint,
  type Sats,
  SchemaError,
  type Txid,
  s,
} from '@belfry/protocol/primitives'
import { ClientError } from '../errors.ts'
import { type Content, type DealtEnvelope, dealEnvelope, proveOpens, sealShares } from './dealing.ts'

/** A finished recovery transaction, from Belfry's own vaults or from any other custody scheme. */
export interface RecoveryTransaction {
  readonly txid: Txid
  readonly wtxid: Txid
  readonly vsize: number
  readonly fee: Sats
  readonly feerate: Feerate
  /** Serialised with witness: whoever has it can broadcast it. */
  readonly raw: SecretBytes
}

/** A vault as the federation needs to know it. Ladders are lowest feerate first. */
export interface GuardedVault {
  readonly name: string
  readonly deposit: { readonly outpoint: Outpoint; readonly value: Sats; readonly script: Uint8Array }
  readonly csv: number
  readonly act_at: ActAt
  readonly unvaults: readonly {
    readonly txid: Txid
    readonly vsize: number
    readonly fee: Sats
    readonly clawback: readonly RecoveryTransaction[]
  }[]
  readonly emergency: readonly RecoveryTransaction[]
  readonly activation_delay: number
}

/** An owner's key as far as a bundle needs it: BIP-340 over a 32-byte digest. */
export interface RootKey {
  /** x-only, hex. */
  readonly publicKey: string
  signSchnorr(digest: Uint8Array): Uint8Array
}

/** `enrolment.json`: every byte that will be sent. Shares are sealed, envelopes encrypted; no secret is in it. */
export const enrolmentBundle = s.struct({
  format: s.literal('belfry-enrolment'),
  version: s.literal(1),
  manifest: signedManifest,
  envelopes: s.list(s.blob(MAX_ENVELOPE_BYTES), MAX_ENVELOPES),
  /** By member in the order of the lock, then by envelope. */
  shares: s.list(s.list(s.blob(SEALED_SHARE_BYTES, SEALED_SHARE_BYTES), MAX_ENVELOPES), MAX_MEMBERS),
})
export type EnrolmentBundle = Infer<typeof enrolmentBundle>

export interface BundleInit {
  readonly federation: Federation
  readonly vault: GuardedVault
  readonly root: RootKey
  /** 1 for a new vault; the active manifest's and its hash to follow it. */
  readonly generation?: number
  readonly previous?: ManifestHash | null
}

/** Random bytes of the drill envelope: as long as a recovery transaction, so that it looks like one. */
const DRILL_BYTES = 256

/**
 * @param onProgress how many of how many envelopes are made and proven
 * @throws ClientError bundle-broken, where the federation's rules would refuse the manifest or an envelope does not open
 */
export async function makeBundle(
  { federation, vault, root, generation = 1, previous = null }: BundleInit,
  onProgress: (done: number, of: number) => void = () => {},
): Promise<EnrolmentBundle> {
  const dealing = { federation, vault_id: vaultIdOf({ sha256 }, vault.deposit.outpoint, root.publicKey), generation }
  using drill = SecretBytes.random(DRILL_BYTES)
  const contents = contentsOf(vault, drill)
  const dealt: DealtEnvelope[] = []
  try {
    for (const content of contents) {
      const one = await dealEnvelope(dealing, content)
      dealt.push(one)
      await proveOpens(dealing, content, one)
      onProgress(dealt.length, contents.length)
    }
    return assemble({ federation, vault, root, generation, previous }, dealt)
  } finally {
    for (const { shares } of dealt) for (const share of shares) share.wipe()
  }
}

/** Every envelope's content, in the order in which the manifest names them. */
function contentsOf(vault: GuardedVault, drill: SecretBytes): Content[] {
  const clawbacks = vault.unvaults.flatMap(({ clawback }) => clawback)
  const emergencies = vault.emergency
  return envelopeLabels(vault).map((label, at): Content => {
    if (label === 'drill') return { label, action: 'clawback', txid: null, plaintext: drill }
    const isClawback = at < clawbacks.length
    const transaction = isClawback ? clawbacks[at] : emergencies[at - clawbacks.length]
    if (!transaction)
      throw new ClientError('bundle-broken', `no transaction for ${label}`, 'Make the recovery set again.')
    return { label, action: isClawback ? 'clawback' : 'emergency', txid: transaction.txid, plaintext: transaction.raw }
  })
}

function assemble(init: Required<BundleInit>, dealt: readonly DealtEnvelope[]): EnrolmentBundle {
  const { federation, root } = init
  const value = manifestOf(init, dealt)
  const unsound = checkManifest({ sha256 }, federation, value)
  if (unsound) {
    throw new ClientError(
      'bundle-broken',
      `every member would refuse this manifest: ${unsound}`,
      'Check the plan against the federation.',
    )
  }
  const bytes = encode(value)
  const signature = root.signSchnorr(taggedHash({ sha256 }, 'manifest', bytes))
  return {
    format: 'belfry-enrolment',
    version: 1,
    manifest: { bytes, signatures: [{ key: root.publicKey, signature }] },
    envelopes: dealt.map(({ envelope }) => envelope),
    shares: sealShares(federation, manifestHash({ sha256 }, bytes), dealt),
  }
}

/** @throws ClientError bundle-broken, where the vault has more rungs or longer names than a manifest takes */
function encode(value: Manifest): Uint8Array {
  try {
    return encodeManifest(value)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new ClientError(
      'bundle-broken',
      `this vault does not fit into a manifest: ${error.message}`,
      'Plan fewer rungs, or choose a shorter name.',
      {
        cause: error,
      },
    )
  }
}

function manifestOf(
  { federation, vault, root, generation, previous }: Required<BundleInit>,
  dealt: readonly DealtEnvelope[],
): Manifest {
  let next = 0
  const sealing = () => {
    const one = dealt[next++]
    if (!one) throw new ClientError('bundle-broken', 'an envelope is missing', 'Make the bundle again.')
    const { envelope_id, envelope_hash, key_hash, commitments } = one
    return { envelope_id, envelope_hash, key_hash, shares: [...commitments] }
  }
  const rung = ({ txid, wtxid, vsize, fee, feerate }: RecoveryTransaction) => ({
    ...sealing(),
    txid,
    wtxid,
    vsize,
    fee,
    feerate,
  })
  return {
    format: 'belfry-manifest',
    version: 1,
    name: vault.name,
    lock_hash: federation.lock_hash,
    epoch: federation.epoch,
    vault_id: vaultIdOf({ sha256 }, vault.deposit.outpoint, root.publicKey),
    generation,
    previous,
    deposit: vault.deposit,
    csv: vault.csv,
    act_at: vault.act_at,
    unvaults: vault.unvaults.map(({ txid, vsize, fee, clawback }) => ({
      txid,
      vsize,
      fee,
      clawback: clawback.map(rung),
    })),
    emergency: vault.emergency.map(rung),
    drill: sealing(),
    owner: { root: root.publicKey, enrol: { k: 1, keys: [root.publicKey] }, announce: [] },
    activation_delay: vault.activation_delay,
  }
}
