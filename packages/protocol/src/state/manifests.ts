/** What records change of a vault's manifests. Part of `apply` (apply.ts). */
import { unvaultOutpoint } from '../custody/manifest.ts'
import { type ManifestHash, type VaultId, assertNever, invariant } from '../primitives/index.ts'
import { UNSPENT } from './coins.ts'
import { type Durable, type HeldManifest, type Vault, parsed } from './durable.ts'
import type { RecordOf } from './records.ts'

export type ManifestRecord = RecordOf<
  | 'manifest-armed'
  | 'manifest-withdrawn'
  | 'receipt-held'
  | 'publication-held'
  | 'withdrawal-held'
  | 'taken-back-held'
  | 'let-be-held'
  | 'generation-cancelled'
  | 'generation-reinstated'
  | 'bundle-complete'
  | 'manifest-activated'
>

export function applyToManifest(state: Durable, record: ManifestRecord): void {
  switch (record.record) {
    case 'manifest-armed':
      armManifest(state, record)
      return
    case 'manifest-withdrawn':
      changeManifest(state, record, { withdrawn: true })
      return
    case 'receipt-held':
      manifestOf(state, record).receipts.set(record.member, record.frame)
      return
    case 'publication-held':
      manifestOf(state, record).published.set(record.member, record.frame)
      return
    case 'withdrawal-held':
      changeManifest(state, record, { withdrawal: record.signatures })
      return
    case 'taken-back-held':
      manifestOf(state, record).taken_back.set(record.member, { height: record.height, frame: record.frame })
      return
    case 'let-be-held':
      manifestOf(state, record).let_be.set(record.member, record.frame)
      return
    case 'generation-cancelled':
      changeManifest(state, record, { cancelled: true })
      deactivate(vaultOf(state, record.vault_id))
      return
    case 'generation-reinstated':
      changeManifest(state, record, { cancelled: false, withdrawn: false })
      return
    case 'bundle-complete':
      changeManifest(state, record, { bundle_height: state.position?.height ?? null })
      return
    case 'manifest-activated':
      changeManifest(state, record, { activated_height: state.position?.height ?? null })
      vaultOf(state, record.vault_id).active = record.hash
      return
    default:
      assertNever(record)
  }
}

function armManifest(state: Durable, { signed, hash, envelopes, shares }: RecordOf<'manifest-armed'>): void {
  const held: HeldManifest = parsed({
    hash,
    signed,
    envelopes,
    shares,
    armed_height: state.position?.height ?? null,
    receipts: new Map(),
    published: new Map(),
    bundle_height: null,
    activated_height: null,
    withdrawn: false,
    cancelled: false,
    withdrawal: null,
    taken_back: new Map(),
    let_be: new Map(),
  })
  const { vault_id, deposit, unvaults } = held.manifest
  const vault: Vault = state.vaults.get(vault_id) ?? {
    deposit: deposit.outpoint,
    manifests: [],
    active: null,
    coins: new Map([[deposit.outpoint, UNSPENT]]),
    exposed: false,
    revoked: null,
    commands: new Map(),
  }
  vault.manifests.push(held)
  for (const unvault of unvaults) {
    const outpoint = unvaultOutpoint(unvault)
    if (!vault.coins.has(outpoint)) vault.coins.set(outpoint, UNSPENT)
  }
  state.vaults.set(vault_id, vault)
}

/** The active one is the last in the row of those that follow each other and were not cancelled; what hangs in the air is active no more. */
function deactivate(vault: Vault): void {
  const row = new Set<ManifestHash>()
  let active: ManifestHash | null = null
  for (let next = followerOf(vault, null); next !== undefined && !row.has(next.hash); next = followerOf(vault, active)) {
    active = next.hash
    row.add(active)
  }
  for (const held of vault.manifests) if (!row.has(held.hash)) held.activated_height = null
  vault.active = active
}

function followerOf({ manifests }: Vault, previous: ManifestHash | null): HeldManifest | undefined {
  return manifests.find(({ manifest, activated_height, cancelled }) => manifest.previous === previous && activated_height !== null && !cancelled)
}

function changeManifest(
  state: Durable,
  { vault_id, hash }: { vault_id: VaultId; hash: ManifestHash },
  change: Partial<HeldManifest>,
): void {
  Object.assign(manifestOf(state, { vault_id, hash }), change)
}

function manifestOf(state: Durable, { vault_id, hash }: { vault_id: VaultId; hash: ManifestHash }): HeldManifest {
  const held = vaultOf(state, vault_id).manifests.find((one) => one.hash === hash)
  invariant(held !== undefined, 'records name manifests that were armed before')
  return held
}

export function vaultOf(state: Durable, vault_id: VaultId): Vault {
  const vault = state.vaults.get(vault_id)
  invariant(vault !== undefined, 'records name vaults that were enrolled before')
  return vault
}
