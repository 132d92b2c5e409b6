/** What an owner sends to enrol a vault: made once, stored before the first byte is sent, and resumed from what is stored. */
import { SecretBytes, sha256 } from '@belfry/keystore'
import {
  type ActAt,
  type Action,
  type Federation,
  type Manifest,
  type ManifestHash,
  MAX_ENVELOPES,
  MAX_ENVELOPE_BYTES,
  MAX_MEMBERS,
  MAX_OWNER_KEYS,
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
  type Hash32,
  type Infer,
  type Sats,
  SchemaError,
  type Txid,
  invariant,
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

/** A clawback that a member's fee coin may join: its outputs are what cannot change. */
export interface OpenRecoveryTransaction extends RecoveryTransaction {
  /** Double SHA-256 of the serialised outputs (`hashOutputs` of BIP-143), RPC order. */
  readonly outputs_hash: Hash32
}

/** One unvault with everything that claws it back. */
export interface GuardedUnvault {
  readonly txid: Txid
  /** The output that the clawbacks spend. */
  readonly vout: number
  readonly vsize: number
  readonly fee: Sats
  readonly clawback: readonly RecoveryTransaction[]
  readonly anyone_can_pay: OpenRecoveryTransaction | null
  readonly anchored: RecoveryTransaction | null
}

/** A vault as the federation needs to know it. Ladders are lowest feerate first. */
export interface GuardedVault {
  readonly name: string
  readonly deposit: Manifest['deposit']
  readonly csv: number
  readonly act_at: ActAt
  readonly unvaults: readonly GuardedUnvault[]
  readonly emergency: readonly RecoveryTransaction[]
  readonly dead_man: readonly RecoveryTransaction[]
  readonly activation_delay: number
}

/** An owner's key as far as a bundle needs it: BIP-340 over a 32-byte digest. */
export interface RootKey {
  /** x-only, hex. */
  readonly publicKey: string
  signSchnorr(digest: Uint8Array): Uint8Array
}

/** Who may do what with a vault, apart from its root key. All BIP-340, x-only. */
export type OwnerKeys = Omit<Manifest['owner'], 'root'>

/** An owner with one key for everything. */
export function soleOwner(root: string): OwnerKeys {
  return { enrol: { k: 1, keys: [root] }, announce: [], panic: { k: 1, keys: [root] } }
}

/** `enrolment.json`: every byte that will be sent. Shares are sealed, envelopes encrypted; no secret is in it. */
export const enrolmentBundle = s.struct({
  format: s.literal('belfry-enrolment'),
  version: s.literal(1),
  /** Signed by the root key; further signatures are added until k of `signers` signed. */
  manifest: signedManifest,
  /** The enrolment keys that members ask: those of the manifest itself, or of the active one that it follows. */
  signers: s.struct({ k: s.uint(MAX_OWNER_KEYS, 1), keys: s.list(s.hex(32), MAX_OWNER_KEYS, 1) }),
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
  /** Default: the root key for everything. */
  readonly owner?: OwnerKeys
  /** The enrolment keys of the active manifest, where there is one; default: those of `owner`. */
  readonly signers?: OwnerKeys['enrol']
}

/** Random bytes of the drill envelope: as long as a recovery transaction, so that it looks like one. */
const DRILL_BYTES = 256

/**
 * @param onProgress how many of how many envelopes are made and proven
 * @throws ClientError bundle-broken, where the federation's rules would refuse the manifest or an envelope does not open
 */
export async function makeBundle(
  init: BundleInit,
  onProgress: (done: number, of: number) => void = () => {},
): Promise<EnrolmentBundle> {
  const { federation, vault, root, generation = 1, previous = null, owner = soleOwner(root.publicKey) } = init
  const { signers = owner.enrol } = init
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
    return assemble({ federation, vault, root, generation, previous, owner, signers }, dealt)
  } finally {
    for (const { shares } of dealt) for (const share of shares) share.wipe()
  }
}

/** Every envelope's content, in the order in which the manifest names them. */
function contentsOf(vault: GuardedVault, drill: SecretBytes): Content[] {
  const labels = envelopeLabels(vault).values()
  const content = (action: Action, txid: Txid | null, plaintext: SecretBytes): Content => {
    const { value: label } = labels.next()
    invariant(label !== undefined, 'every envelope has a place')
    return { label, action, txid, plaintext }
  }
  const of = (action: Action) => ({ txid, raw }: RecoveryTransaction) => content(action, txid, raw)
  return [
    ...vault.unvaults.flatMap(clawbacksOf).map(of('clawback')),
    ...vault.emergency.map(of('emergency')),
    ...vault.dead_man.map(of('succession')),
    content('drill', null, drill),
  ]
}

function clawbacksOf({ clawback, anyone_can_pay, anchored }: GuardedUnvault): RecoveryTransaction[] {
  return [...clawback, ...(anyone_can_pay ? [anyone_can_pay] : []), ...(anchored ? [anchored] : [])]
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
    signers: init.signers,
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
  { federation, vault, root, generation, previous, owner }: Required<BundleInit>,
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
    // In the order of envelopeLabels, for each takes the next envelope.
    unvaults: vault.unvaults.map(({ txid, vout, vsize, fee, clawback, anyone_can_pay, anchored }) => ({
      txid,
      vout,
      vsize,
      fee,
      clawback: clawback.map(rung),
      anyone_can_pay: anyone_can_pay && { ...rung(anyone_can_pay), outputs_hash: anyone_can_pay.outputs_hash },
      anchored: anchored && rung(anchored),
    })),
    emergency: vault.emergency.map(rung),
    dead_man: vault.dead_man.map(rung),
    drill: sealing(),
    owner: { root: root.publicKey, ...owner },
    activation_delay: vault.activation_delay,
  }
}
