/**
 * Rehearsals on an owner's order. A drill goes its own way beside everything else: it moves no share but the drill envelope's,
 * holds up nothing, and gives way to a real incident of its vault.
 */
import type { Outcome } from '../core/input.ts'
import { envelopesOf } from '../custody/manifest.ts'
import { hasLedgerRoom, signOnce } from '../guard/ledger.ts'
import { drillSlot } from '../guard/slots.ts'
import { maySign } from '../guard/standing.ts'
import { incidentId } from '../incident/identity.ts'
import { advance, endDrillIncident, openIncident } from '../incident/machine.ts'
import { type Frame, decodeFrame, encodeFrame } from '../messages/frame.ts'
import type { DrillResult, Receipt } from '../messages/receipt.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import { type Hash32, type IncidentId, type MemberIndex, type VaultId, fromHex, sortedEntries, toHex } from '../primitives/index.ts'
import type { HeldCommand } from '../state/commands.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { type DrillOrder, type DrillReport, drillEndOf, isAllGood, isRehearsal, isReportOf } from './outcome.ts'

/** A drill that I took, and where it stands. */
interface Drill {
  readonly vault_id: VaultId
  readonly vault: Vault
  readonly command_hash: Hash32
  readonly held: HeldCommand
  readonly order: DrillOrder
}

export function drillOf(vault_id: VaultId, vault: Vault, command_hash: Hash32): Drill | null {
  const held = vault.commands.get(command_hash)
  if (!held || held.taken_height === null || held.command.what.order !== 'drill') return null
  return { vault_id, vault, command_hash, held, order: held.command.what }
}

/** The order has just been taken. */
export function startDrill(turn: Turn, drill: Drill): void {
  const { vault_id, vault, command_hash, order } = drill
  if (isRehearsal(order)) {
    const incident_id = incidentOf(turn, drill)
    openIncident(turn, incident_id, { vault_id, trigger: 'drill', discriminator: fromHex(command_hash) })
    const incident = turn.incident(incident_id)
    if (incident) advance(turn, incident_id, vault, incident)
  } else if (order.level === 1) {
    report(turn, drill, 'no-channel')
  } else if (order.level === 2) {
    checkShares(turn, drill)
  } else if (order.trial !== null) {
    const { tried, accepted } = order.trial
    report(turn, drill, isAllGood(tried, accepted) ? 'good' : 'bad', tried, accepted)
  }
}

function incidentOf(turn: Turn, { vault_id, command_hash }: Drill): IncidentId {
  return incidentId(turn, vault_id, 'drill', fromHex(command_hash))
}

function checkShares(turn: Turn, { vault_id, vault, command_hash }: Drill): void {
  const manifests = vault.manifests.map(({ hash, manifest, shares }) => ({
    manifest_hash: hash,
    generation: manifest.generation,
    shares: envelopesOf(manifest).flatMap(({ envelope_id, shares: commitments }, index) => {
      const commitment = commitments.find(({ member }) => member === turn.config.self)
      const sealed = shares[index]
      return commitment && sealed ? [{ envelope_id, commitment, sealed }] : []
    }),
  }))
  turn.now({ effect: 'check-shares', vault_id, command_hash, manifests })
}

export function onSharesChecked(turn: Turn, outcome: Extract<Outcome, { of: 'check-shares' }>): void {
  const { vault_id, command_hash, tried, good } = outcome
  const vault = turn.durable.vaults.get(vault_id)
  const drill = vault && drillOf(vault_id, vault, command_hash)
  if (drill?.order.level === 2) report(turn, drill, isAllGood(tried, good) ? 'good' : 'bad', tried, good)
}

/** My own rebuilding may have come to its end with this: the drill's envelope opened. */
export function onRehearsed(turn: Turn, { incident_id, envelope_id, result }: Extract<Outcome, { of: 'rebuild' }>): void {
  const incident = turn.incident(incident_id)
  const vault = incident && turn.durable.vaults.get(incident.vault_id)
  if (!vault || incident.trigger !== 'drill' || result !== 'opened') return
  // Only what was asked for, of shares that are still there.
  if (turn.volatile.gatherings.get(envelope_id)?.rebuild !== 'rebuilt') return
  const drill = drillOf(incident.vault_id, vault, toHex(incident.discriminator) as Hash32)
  if (drill) report(turn, drill, 'rebuilt')
}

/** Signs what came of it at me, once. */
function report(turn: Turn, drill: Drill, result: DrillResult, tried = 0, good = 0): void {
  const { vault_id, command_hash, held, order } = drill
  const { self, federation } = turn.config
  if (held.ended !== null || held.reports.has(self) || !hasLedgerRoom(turn) || !maySign(turn)) return
  const frame = signOnce(turn, drillSlot(federation.lock_hash, command_hash), () =>
    turn.sign('receipt', { statement: 'drill', vault_id, command_hash, level: order.level, result, tried, good, height: turn.tip }),
  )
  turn.record({ record: 'drill-reported', vault_id, command_hash, member: self, frame: encodeFrame(frame) })
  turn.gossip(frame)
  endIfOver(turn, drill)
}

/** Kept for the owner, after the drill's end too. */
export function onDrillReceipt(turn: Turn, from: MemberIndex, body: DrillReport, frame: Frame): VerdictCode {
  const vault = turn.durable.vaults.get(body.vault_id)
  if (!vault) return 'unknown-vault'
  const drill = drillOf(body.vault_id, vault, body.command_hash)
  if (!drill) return 'unknown-command'
  if (!isReportOf(drill.order, from, body)) return 'not-a-report'
  if (drill.held.reports.has(from)) return 'known'
  const { vault_id, command_hash } = drill
  turn.record({ record: 'drill-reported', vault_id, command_hash, member: from, frame: encodeFrame(frame) })
  endIfOver(turn, drill)
  return 'accepted'
}

function reportsOf(turn: Turn, { held }: Drill): DrillReport[] {
  return sortedEntries(held.reports).flatMap(([, bytes]) => {
    const body: Receipt = turn.bodyOf('receipt', decodeFrame(bytes))
    return body.statement === 'drill' ? [body] : []
  })
}

function endIfOver(turn: Turn, drill: Drill): void {
  const { vault_id, vault, command_hash, held } = drill
  if (held.ended !== null || held.taken_height === null) return
  const { federation } = turn.config
  const age = turn.tip - held.taken_height
  const status = drillEndOf(drill.order, reportsOf(turn, drill), { members: federation.members.length, b: federation.b, age })
  if (status === null) return
  turn.record({ record: 'drill-ended', vault_id, command_hash, status })
  const detail = `level ${drill.order.level}: ${status}`
  turn.tell({ level: status === 'passed' ? 'info' : 'warn', event: 'drill-ended', vault_id, detail })
  endDrillIncident(turn, vault, incidentOf(turn, drill))
}

/** At each block: what has run for too long ends. */
export function endDrillsDue(turn: Turn, vault_id: VaultId, vault: Vault): void {
  for (const drill of runningDrills(vault_id, vault)) endIfOver(turn, drill)
}

/** After a restart: shares that were being looked at are looked at again; a rehearsal goes on like any incident. */
export function resumeDrills(turn: Turn, vault_id: VaultId, vault: Vault): void {
  for (const drill of runningDrills(vault_id, vault)) {
    if (drill.order.level === 2 && !drill.held.reports.has(turn.config.self)) checkShares(turn, drill)
  }
}

function runningDrills(vault_id: VaultId, vault: Vault): Drill[] {
  return sortedEntries(vault.commands).flatMap(([command_hash, { ended }]) => {
    const drill = ended === null ? drillOf(vault_id, vault, command_hash) : null
    return drill ? [drill] : []
  })
}
