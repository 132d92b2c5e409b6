/** The only place that changes the durable state. Total: a record that was written can always be applied again. */
import type { BlockRef, ChainEvent } from '../chain/index.ts'
import { HANDED_ON_BLOCKS } from '../owner/limits.ts'
import { type Hash32, type Height, type IncidentId, type VaultId, assertNever, invariant, sortedEntries } from '../primitives/index.ts'
import { UNSPENT, afterSpendEvent } from './coins.ts'
import { type HeldCommand, parsedCommand } from './commands.ts'
import { type Durable, type Incident, MAX_DESTROYED, MAX_FOREIGN, MAX_RECENT_BLOCKS, MAX_TOMBSTONES } from './durable.ts'
import { applyToManifest, vaultOf } from './manifests.ts'
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
    case 'manifest-withdrawn':
    case 'receipt-held':
    case 'publication-held':
    case 'withdrawal-held':
    case 'taken-back-held':
    case 'let-be-held':
    case 'generation-cancelled':
    case 'generation-reinstated':
    case 'bundle-complete':
    case 'manifest-activated':
      applyToManifest(state, record)
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
    case 'fee-turn':
      incidentOf(state, record.incident_id).fee_turn = { turn: record.turn, height: state.position?.height ?? (0 as Height) }
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
    case 'command-held':
      holdCommand(state, record)
      return
    case 'command-taken':
      takeCommand(state, record)
      return
    case 'command-noticed':
      commandOf(state, record).notices.set(record.member, { height: record.height, frame: record.frame })
      return
    case 'command-forgotten':
      vaultOf(state, record.vault_id).commands.delete(record.command_hash)
      forgetSlots(state, record)
      if (record.incident_id !== null) state.incidents.delete(record.incident_id)
      return
    case 'drill-reported':
      commandOf(state, record).reports.set(record.member, record.frame)
      return
    case 'drill-ended':
      changeCommand(state, record, { ended: { status: record.status, height: heightOf(state) } })
      return
    case 'quarantined':
      state.quarantine ??= { reason: record.reason, at_ms: record.at_ms, boot: 0, statements: [] }
      return
    case 'foreign-held':
      holdForeign(state, record)
      return
    case 'adopted':
      adopt(state, record)
      return
    case 'vault-destroyed':
      keepDestroyed(state, record)
      state.vaults.delete(record.vault_id)
      for (const [id, { vault_id }] of state.incidents) if (vault_id === record.vault_id) state.incidents.delete(id)
      return
    default:
      assertNever(record)
  }
}

/** The drill's incident and command stay behind as tombstones: nobody can make me doubt my disk with what I signed for it. */
function forgetSlots(state: Durable, { command_hash, incident_id, slots }: RecordOf<'command-forgotten'>): void {
  for (const slot of slots) state.ledger.delete(slot)
  if (slots.length === 0) return
  state.tombstones.set(command_hash, heightOf(state))
  if (incident_id !== null) state.tombstones.set(incident_id, heightOf(state))
}

function holdForeign({ quarantine }: Durable, { boot, statement }: RecordOf<'foreign-held'>): void {
  invariant(quarantine !== null, 'what is foreign is held in quarantine')
  quarantine.boot = Math.max(quarantine.boot, boot)
  if (statement !== null && quarantine.statements.length < MAX_FOREIGN) quarantine.statements.push(statement)
}

/** What stands in the ledger already stays: the first bytes for a slot are the ones that are sent again. */
function adopt(state: Durable, { boot, signed, beside }: RecordOf<'adopted'>): void {
  for (const { slot, frame } of signed) {
    if (!state.ledger.has(slot)) state.ledger.set(slot, { frame, height: state.position?.height ?? null })
  }
  for (const grave of beside) if (state.tombstones.size < MAX_TOMBSTONES) state.tombstones.set(grave, heightOf(state))
  state.boot = Math.max(state.boot, boot)
  state.quarantine = null
}

/** The order alone: others may lack it. One that is handed on no longer makes room. */
function keepDestroyed(state: Durable, { vault_id }: RecordOf<'vault-destroyed'>): void {
  const { destroyed } = state
  const order = [...vaultOf(state, vault_id).commands].find(([, { command, taken_height }]) => command.what.order === 'destroy' && taken_height !== null)
  if (!order) return
  if (destroyed.size >= MAX_DESTROYED) {
    const [old] = sortedEntries(destroyed).find(([, { command: { command } }]) => command.anchor.height + HANDED_ON_BLOCKS < heightOf(state)) ?? []
    if (old === undefined) return
    destroyed.delete(old)
  }
  destroyed.set(vault_id, { command_hash: order[0], command: order[1] })
}

type CommandName = { readonly vault_id: VaultId; readonly command_hash: Hash32 }

function heightOf({ position }: Durable): Height {
  return position?.height ?? (0 as Height)
}

function holdCommand(state: Durable, { vault_id, command_hash, signed, at_ms }: RecordOf<'command-held'>): void {
  vaultOf(state, vault_id).commands.set(
    command_hash,
    parsedCommand({
      signed,
      seen_at_ms: at_ms,
      seen_height: heightOf(state),
      taken_height: null,
      notices: new Map(),
      reports: new Map(),
      ended: null,
    }),
  )
}

function takeCommand(state: Durable, name: RecordOf<'command-taken'>): void {
  const taken_height = heightOf(state)
  changeCommand(state, name, { taken_height })
  const vault = vaultOf(state, name.vault_id)
  const { what } = commandOf(state, name).command
  if (what.order === 'revoke') vault.revoked ??= taken_height
  if (what.order !== 'cancel-generation') return
  const held = vault.manifests.find(({ hash }) => hash === what.manifest_hash)
  if (held && held.activated_height === null) held.cancelled = true
}

function changeCommand(state: Durable, name: CommandName, change: Partial<HeldCommand>): void {
  Object.assign(commandOf(state, name), change)
}

function commandOf(state: Durable, { vault_id, command_hash }: CommandName): HeldCommand {
  const held = state.vaults.get(vault_id)?.commands.get(command_hash) ?? state.destroyed.get(vault_id)?.command
  invariant(held !== undefined, 'records name commands that were held before')
  return held
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
        if (before) coins.set(fact.outpoint, afterSpendEvent(before, fact, state.position?.height ?? (0 as Height)))
      }
      return
    case 'block-connected':
      state.position = fact.block
      state.recent.push(fact.block)
      if (state.recent.length > MAX_RECENT_BLOCKS) state.recent.shift()
      return
    case 'block-disconnected':
      disconnectBlock(state, fact.block, { height: (fact.block.height - 1) as Height, hash: fact.previous })
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
    fee_turn: null,
    settled: null,
    story: [],
  })
}

function incidentOf(state: Durable, incident_id: IncidentId): Incident {
  const incident = state.incidents.get(incident_id)
  invariant(incident !== undefined, 'records name incidents that were opened before')
  return incident
}
