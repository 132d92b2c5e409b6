/** The only place that changes the durable state. Total: a record that was written can always be applied again. */
import type { BlockRef, ChainEvent } from '../chain/index.ts'
import { unvaultOutpoint } from '../custody/manifest.ts'
import { type Height, type IncidentId, type ManifestHash, type VaultId, assertNever, invariant } from '../primitives/index.ts'
import { UNSPENT, afterSpendEvent } from './coins.ts'
import { type Durable, type HeldManifest, type Incident, MAX_RECENT_BLOCKS, type Vault, parsed } from './durable.ts'
import type { LogRecord, RecordOf } from './records.ts'
import { hasStoryRoom } from './story.ts'

export function apply(state: Durable, record: LogRecord): void {
  switch (record.record) {
    case 'boot':
      state.boot = record.boot
      return
    case 'chain':
      applyChainFact(state, record.fact)
      return
    case 'manifest-armed':
      armManifest(state, record)
      return
    case 'manifest-withdrawn':
      changeManifest(state, record, { withdrawn: true })
      return
    case 'receipt-held':
      manifestOf(state, record).receipts.set(record.member, record.frame)
      return
    case 'bundle-complete':
      changeManifest(state, record, { bundle_height: state.position?.height ?? null })
      return
    case 'manifest-activated':
      changeManifest(state, record, { activated_height: state.position?.height ?? null })
      vaultOf(state, record.vault_id).active = record.hash
      return
    case 'trigger-offered': {
      const { coins } = vaultOf(state, record.vault_id)
      coins.set(record.outpoint, { ...(coins.get(record.outpoint) ?? UNSPENT), offered: record.tx })
      return
    }
    case 'incident-opened':
      openIncident(state, record)
      return
    case 'vote-held':
      incidentOf(state, record.incident_id).votes.set(record.member, {
        anchor_height: record.anchor_height,
        frame: record.frame,
      })
      return
    case 'certified':
      incidentOf(state, record.incident_id).certified = {
        at_ms: record.at_ms,
        height: record.height,
        voters: record.voters,
      }
      return
    case 'signed':
      invariant(!state.ledger.has(record.slot), 'a slot is signed once')
      state.ledger.set(record.slot, { frame: record.frame, height: state.position?.height ?? null })
      return
    case 'release-opened': {
      const { released } = incidentOf(state, record.incident_id)
      if (!released.has(record.envelope_id)) released.set(record.envelope_id, state.position?.height ?? (0 as Height))
      return
    }
    case 'broadcast': {
      const { broadcasts } = incidentOf(state, record.incident_id)
      if (!broadcasts.has(record.txid) && state.position) broadcasts.set(record.txid, state.position.height)
      return
    }
    case 'broadcast-receipt':
      incidentOf(state, record.incident_id).broadcast_receipts.set(record.member, record.frame)
      return
    case 'exposed':
      vaultOf(state, record.vault_id).exposed = true
      return
    case 'settled':
      incidentOf(state, record.incident_id).settled = record.outcome
      return
    case 'noted': {
      const { story } = incidentOf(state, record.incident_id)
      if (hasStoryRoom(story.length, record.entry.event)) story.push(record.entry)
      return
    }
    case 'evidence':
      state.evidence.set(record.id, record.evidence)
      return
    default:
      assertNever(record)
  }
}

function applyChainFact(state: Durable, fact: ChainEvent): void {
  switch (fact.event) {
    case 'spend-seen':
    case 'spend-replaced':
    case 'spend-evicted':
    case 'spend-confirmed':
    case 'spend-unconfirmed':
      for (const { coins } of state.vaults.values()) {
        const before = coins.get(fact.outpoint)
        if (before) coins.set(fact.outpoint, afterSpendEvent(before, fact))
      }
      return
    case 'block-connected':
      state.position = fact.block
      state.recent.push(fact.block)
      if (state.recent.length > MAX_RECENT_BLOCKS) state.recent.shift()
      return
    case 'block-disconnected':
      disconnectBlock(state, fact.block, { height: fact.block.height - 1, hash: fact.previous } as BlockRef)
      return
    case 'chain-health':
      return
    default:
      assertNever(fact)
  }
}

/** Also forgets confirmations in that block, should the follower have been unable to name them one by one. */
function disconnectBlock(state: Durable, block: BlockRef, previous: BlockRef): void {
  state.position = previous
  while (state.recent.length > 0 && (state.recent.at(-1)?.height ?? 0) >= block.height) state.recent.pop()
  for (const { coins } of state.vaults.values()) {
    for (const [outpoint, coin] of coins) {
      if (coin.confirmed?.block.hash === block.hash) coins.set(outpoint, { ...coin, confirmed: null })
    }
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
    bundle_height: null,
    activated_height: null,
    withdrawn: false,
  })
  const { vault_id, deposit, unvaults } = held.manifest
  const vault: Vault = state.vaults.get(vault_id) ?? {
    deposit: deposit.outpoint,
    manifests: [],
    active: null,
    coins: new Map([[deposit.outpoint, UNSPENT]]),
    exposed: false,
  }
  vault.manifests.push(held)
  for (const unvault of unvaults) {
    const outpoint = unvaultOutpoint(unvault)
    if (!vault.coins.has(outpoint)) vault.coins.set(outpoint, UNSPENT)
  }
  state.vaults.set(vault_id, vault)
}

function openIncident(state: Durable, record: RecordOf<'incident-opened'>): void {
  state.incidents.set(record.incident_id, {
    vault_id: record.vault_id,
    trigger: record.trigger,
    discriminator: record.discriminator,
    action: record.action,
    opened_at_ms: record.at_ms,
    votes: new Map(),
    certified: null,
    released: new Map(),
    broadcasts: new Map(),
    broadcast_receipts: new Map(),
    settled: null,
    story: [],
  })
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

function vaultOf(state: Durable, vault_id: VaultId): Vault {
  const vault = state.vaults.get(vault_id)
  invariant(vault !== undefined, 'records name vaults that were enrolled before')
  return vault
}

function incidentOf(state: Durable, incident_id: IncidentId): Incident {
  const incident = state.incidents.get(incident_id)
  invariant(incident !== undefined, 'records name incidents that were opened before')
  return incident
}
