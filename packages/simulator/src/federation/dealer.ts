/** The owner's work at home: the recovery set, the envelopes, the shares and the manifest of one generation. */
import {
  type ActAt,
  type BumpMeans,
  type Federation,
  type Hasher,
  type Manifest,
  type OpenRung,
  type Rung,
  type SignedManifest,
  encodeManifest,
  enrolInfo,
  envelopeLabels,
  envelopesOf,
  manifestHash,
  taggedHash,
  vaultIdOf,
} from '@belfry/protocol'
import { type EnvelopeId, type ManifestHash, type MemberIndex, type Outpoint, type Sats, sats } from '@belfry/protocol/primitives'
import { type SimTx, makeTx } from '../chain/index.ts'
import { type KeyPair, seal } from '../crypto/index.ts'
import type { Random } from '../world/index.ts'
import { type Sealing, dealEnvelope } from './envelopes.ts'

export interface DealPlan {
  readonly generation: number
  readonly previous: ManifestHash | null
  readonly csv: number
  readonly act_at: ActAt
  /** sat/kvB of each variant of U. */
  readonly unvaults: readonly number[]
  /** sat/kvB of the rungs of each clawback ladder, rising. */
  readonly clawback: readonly number[]
  readonly emergency: readonly number[]
  readonly activation_delay: number
  /** After each clawback ladder: these take fee coins. */
  readonly means: readonly BumpMeans[]
  /** A renewal may keep the unvaults of the generation before: the same U, and so the same K, in new envelopes. */
  readonly unvaults_of_generation: number
  /** The lowest rung of each ladder of more than one has a key that its shares do not give. */
  readonly spoils: boolean
}

/** What only the owner knows, and the simulation with him. */
export interface Deal {
  readonly plan: DealPlan
  readonly manifest: Manifest
  readonly signed: SignedManifest
  readonly hash: ManifestHash
  readonly envelopes: readonly Uint8Array[]
  readonly unvaults: readonly SimTx[]
  /** What each envelope holds; the drill's holds none. */
  readonly recoveries: ReadonlyMap<EnvelopeId, SimTx>
  /** Envelopes that nobody can open: the dealer's fault. */
  readonly spoiled: ReadonlySet<EnvelopeId>
  readonly shares: ReadonlyMap<EnvelopeId, ReadonlyMap<MemberIndex, Uint8Array>>
  /** Sealed to one member, in the order of the envelopes. The same bytes each time. */
  readonly sealedFor: ReadonlyMap<MemberIndex, readonly Uint8Array[]>
}

export interface DealerModules {
  readonly federation: Federation
  readonly hasher: Hasher
  readonly random: Random
  readonly owner: KeyPair
}

const UNVAULT_VSIZE = 158
const CLAWBACK_VSIZE = 169
const ANCHORED_VSIZE = 182
/** What a transaction pays that somebody else is to pay for. */
const LOWEST_RATE = 2_000
export const DEPOSIT_VALUE: Sats = sats(50_000_000)
export const DEPOSIT_SCRIPT = Uint8Array.of(0x00, 0x20, 0x51)

export function deal(plan: DealPlan, deposit: Outpoint, modules: DealerModules): Deal {
  const { hasher, owner } = modules
  const unvaults = plan.unvaults.map((feerate, variant) => {
    const label = `generation ${plan.unvaults_of_generation} variant ${variant}`
    return makeTx(hasher, { purpose: 'unvault', label, spends: deposit, feerate, vsize: UNVAULT_VSIZE })
  })
  const clawback = unvaults.map(({ output }) => ladder(hasher, 'clawback', plan.clawback, output, CLAWBACK_VSIZE))
  const means = unvaults.map(({ output }) => meansOf(hasher, plan.means, output))
  const emergency = ladder(hasher, 'emergency', plan.emergency, deposit, UNVAULT_VSIZE)
  const identity = { vault_id: vaultIdOf(hasher, deposit, owner.public), generation: plan.generation }
  const labels = envelopeLabels({ unvaults: clawback.map((rungs, at) => ({ clawback: rungs, ...means[at] })), emergency })
  const sealings = labels.map((label) => dealEnvelope({ ...identity, label }, modules))
  const clawbacks = clawback.flatMap((rungs, at) => [...rungs, means[at]?.anyone_can_pay ?? [], means[at]?.anchored ?? []].flat())
  const contents: readonly (SimTx | null)[] = [...clawbacks, ...emergency, null]

  const rungs = new Map<SimTx, Rung>()
  for (const [at, { envelope }] of sealings.entries()) {
    const tx = contents[at]
    if (tx) rungs.set(tx, rungOf(tx, envelope))
  }
  const rungsOfTxs = (txs: readonly SimTx[]): Rung[] => txs.flatMap((tx) => rungs.get(tx) ?? [])
  const manifest = describe(plan, deposit, modules, {
    vault_id: identity.vault_id,
    unvaults: unvaults.map(({ txid, vsize, fee }, at) => ({
      txid,
      vout: 0,
      vsize,
      fee,
      clawback: rungsOfTxs(clawback[at] ?? []),
      anyone_can_pay: openRungOf(rungs, means[at]?.anyone_can_pay ?? null),
      anchored: rungsOfTxs([means[at]?.anchored ?? []].flat())[0] ?? null,
    })),
    emergency: rungsOfTxs(emergency),
    drill: sealings.at(-1)?.envelope,
  })
  const lowest = manifest.unvaults.flatMap(({ clawback: [rung, ...higher] }) => (rung && higher.length > 0 ? [rung.envelope_id] : []))
  const bytes = encodeManifest(manifest)
  const signature = owner.sign(taggedHash(hasher, 'manifest', bytes))
  const hash = manifestHash(hasher, bytes)
  return {
    plan,
    manifest,
    signed: { bytes, signatures: [{ key: owner.public, signature }] },
    hash,
    envelopes: sealings.map((sealing) => sealing.bytes),
    unvaults,
    spoiled: new Set(plan.spoils ? lowest : []),
    recoveries: new Map([...rungs].map(([tx, { envelope_id }]) => [envelope_id, tx])),
    shares: new Map(sealings.map(({ envelope, shares }) => [envelope.envelope_id, shares])),
    sealedFor: sealToAll(manifest, hash, sealings, modules),
  }
}

function ladder(hasher: Hasher, purpose: 'clawback' | 'emergency', feerates: readonly number[], spends: Outpoint, vsize: number): SimTx[] {
  return feerates.map((feerate) => makeTx(hasher, { purpose, label: 'rung', spends, feerate, vsize }))
}

function meansOf(hasher: Hasher, means: readonly BumpMeans[], spends: Outpoint): Record<'anyone_can_pay' | 'anchored', SimTx | null> {
  const make = (kind: BumpMeans, vsize: number): SimTx | null => {
    return means.includes(kind) ? makeTx(hasher, { purpose: 'clawback', label: kind, spends, feerate: LOWEST_RATE, vsize }) : null
  }
  return { anyone_can_pay: make('anyone-can-pay', CLAWBACK_VSIZE), anchored: make('anchored', ANCHORED_VSIZE) }
}

function openRungOf(rungs: ReadonlyMap<SimTx, Rung>, tx: SimTx | null): OpenRung | null {
  const rung = tx && rungs.get(tx)
  return tx && rung ? { ...rung, outputs_hash: tx.spend.outputs_hash } : null
}

function rungOf({ txid, spend, vsize, fee, feerate }: SimTx, envelope: Sealing['envelope']): Rung {
  return { ...envelope, txid, wtxid: spend.wtxid, vsize, fee, feerate }
}

function describe(
  plan: DealPlan,
  deposit: Outpoint,
  { federation, owner }: DealerModules,
  made: Pick<Manifest, 'vault_id' | 'unvaults' | 'emergency'> & { drill: Manifest['drill'] | undefined },
): Manifest {
  const { drill, ...rest } = made
  if (drill === undefined) throw new RangeError('the last envelope is the drill')
  return {
    format: 'belfry-manifest',
    version: 1,
    name: 'simulated vault',
    lock_hash: federation.lock_hash,
    epoch: federation.epoch,
    generation: plan.generation,
    previous: plan.previous,
    deposit: { outpoint: deposit, value: DEPOSIT_VALUE, script: DEPOSIT_SCRIPT, funding: 'confirmed' },
    csv: plan.csv,
    act_at: plan.act_at,
    dead_man: [],
    owner: {
      root: owner.public,
      enrol: { k: 1, keys: [owner.public] },
      announce: [],
      panic: { k: 1, keys: [owner.public] },
    },
    activation_delay: plan.activation_delay,
    drill,
    ...rest,
  }
}

function sealToAll(
  manifest: Manifest,
  manifest_hash: ManifestHash,
  sealings: readonly Sealing[],
  { federation, hasher, random }: DealerModules,
): ReadonlyMap<MemberIndex, readonly Uint8Array[]> {
  return new Map(
    federation.members.map(({ index, encryption_key }) => [
      index,
      envelopesOf(manifest).map(({ envelope_id }, at) => {
        const { lock_hash } = federation
        const info = enrolInfo(hasher, { lock_hash, manifest_hash, envelope_id, recipient: index })
        const share = sealings[at]?.shares.get(index) ?? new Uint8Array(0)
        return seal(hasher, { recipient: encryption_key, info }, random.bytes(32), share)
      }),
    ]),
  )
}
