/**
 * Taking an owner's command, by whatever way it comes: from the owner, from a member's notice, with a vote. Each member looks at
 * signatures, recency and limits itself; what it takes it says so of, signed, and hands on.
 */
import type { RefusalCode } from '../custody/refusal.ts'
import { sayTakenBack } from '../custody/words.ts'
import { drillOf, startDrill } from '../drill/drill.ts'
import { hasLedgerRoom, signOnce } from '../guard/ledger.ts'
import { commandSlot } from '../guard/slots.ts'
import { maySign, standingOf } from '../guard/standing.ts'
import { incidentId } from '../incident/identity.ts'
import { advance, openIncident } from '../incident/machine.ts'
import { type Frame, encodeFrame, withoutAttachment } from '../messages/frame.ts'
import type { CommandNotice } from '../messages/command.ts'
import { SCHEMA_VERDICTS, type VerdictCode } from '../messages/verdict.ts'
import { type Hash32, type Height, type MemberIndex, SchemaError, type VaultId, fromHex, sortedEntries } from '../primitives/index.ts'
import type { HeldCommand } from '../state/commands.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { isAuthorised } from './authority.ts'
import {
  COMMAND_RECENCY,
  type Command,
  type SignedCommand,
  commandHash,
  decodeCommand,
  type Order,
  decodeSignedCommand,
  encodeSignedCommand,
} from './command.ts'
import { destroy, undestroyable } from './destroy.ts'
import { unfitness } from './fitness.ts'
import { forgetCommand, isOutlived } from './forgetting.ts'
import { FULL, makeRoom } from './places.ts'
import { recencyOf, timelyWitnesses } from './recency.ts'

export interface Taken {
  readonly state: 'accepted' | 'held' | 'known'
  /** My tip when I took it, or now. */
  readonly height: Height
}

/** Who says that it took the command, and when. */
interface Notice {
  readonly member: MemberIndex
  readonly height: Height
  /** Without its attachment. */
  readonly frame: Uint8Array
}

/** @param notice null where it came from the owner or with a vote */
export function offerCommand(turn: Turn, signed: SignedCommand, notice: Notice | null): Taken | RefusalCode {
  const command = readCommand(signed)
  if (command === null) return 'malformed-request'
  if (command.lock_hash !== turn.config.federation.lock_hash) return 'wrong-lock'
  const { vault_id, what } = command
  const vault = turn.durable.vaults.get(vault_id)
  if (!vault) return 'unknown-vault'
  const command_hash = commandHash(turn.ports, signed.bytes)
  const before = vault.commands.get(command_hash)
  if (!before) {
    const refused = refusalOfNew(turn, vault, command_hash, command, what, signed, notice)
    // Members hand over again and again what I refuse.
    if (refused === 'panic-limit' && notice === null) tellPanicLimit(turn, vault_id, command_hash)
    if (refused !== null) return refused
    if (!makeRoom(turn, vault_id, vault, command_hash, command)) return FULL[what.order]
    turn.record({ record: 'command-held', vault_id, command_hash, signed, at_ms: turn.at_ms })
  }
  const held = vault.commands.get(command_hash)
  if (!held) return 'no-room'
  if (notice && !held.notices.has(notice.member)) {
    turn.record({ record: 'command-noticed', vault_id, command_hash, ...notice })
  }
  if (held.taken_height !== null) return { state: 'known', height: held.taken_height }
  const taken = takeIfDue(turn, vault_id, vault, command_hash, held)
  // Its owner is told why, and asks again: what others did is waited for.
  const isUntaken = what.order === 'destroy' && notice === null && turn.durable.vaults.has(vault_id)
  return isUntaken ? hindered(turn, vault) ?? taken : taken
}

/** Why a vault cannot be forgotten now. */
function hindered(turn: Turn, vault: Vault): RefusalCode | null {
  const standing = standingOf(turn)
  // For my notice, and for the receipt.
  return undestroyable(turn, vault) ?? (standing !== 'serving' ? standing : hasLedgerRoom(turn, 2) ? null : 'no-room')
}

/** Null where the bytes are no command that I know of. */
function readCommand({ bytes }: SignedCommand): Command | null {
  try {
    return decodeCommand(bytes)
  } catch (error) {
    if (error instanceof SchemaError) return null
    throw error
  }
}

/** The cheap questions first; signatures are looked at once for each command. */
function refusalOfNew(
  turn: Turn,
  vault: Vault,
  command_hash: Hash32,
  command: Command,
  what: Order,
  signed: SignedCommand,
  notice: Notice | null,
): RefusalCode | null {
  const recency = recencyOf(turn.tip, turn.durable.recent, command.anchor)
  if (recency === 'too-early') return 'anchor-not-deep'
  if (recency === 'foreign') return 'anchor-not-in-chain'
  // What came too late to count by itself is kept only to hear who else took it.
  if (recency === 'old' && (notice === null || isOutlived(turn.tip, command))) return 'command-not-recent'
  const isDestroy = what.order === 'destroy'
  if (isDestroy && notice === null && recency === 'early') return 'anchor-not-deep'
  const unfit = unfitness(turn, vault, command_hash, what, { witnesses: notice === null ? 0 : Infinity })
  // Those who took it may be ahead of me.
  if (unfit !== null && !(isDestroy && notice !== null)) return unfit
  return isAuthorised(turn.ports, vault, what.order, signed) ? null : 'command-not-authorised'
}

/** Takes a command that is held if its time has come, and it still may be. */
function takeIfDue(turn: Turn, vault_id: VaultId, vault: Vault, command_hash: Hash32, held: HeldCommand): Taken | RefusalCode {
  const { anchor, what } = held.command
  const waiting: Taken = { state: 'held', height: turn.tip }
  const recency = recencyOf(turn.tip, turn.durable.recent, anchor)
  // What I take I say so of, signed: not before I know what I said already.
  if (recency === 'early' || standingOf(turn) === 'starting') return waiting
  const { self, federation } = turn.config
  const witnesses = timelyWitnesses(held.notices, anchor, self)
  const isTimely = recency === 'recent' || (recency === 'old' && witnesses > federation.b && !isOutlived(turn.tip, held.command))
  if (!isTimely) {
    // Others may still say that they took it in time.
    const mayBeVouched = recency === 'old' && turn.tip <= held.seen_height + COMMAND_RECENCY
    return mayBeVouched ? waiting : drop(turn, vault_id, vault, command_hash, held, 'command-not-recent')
  }
  if (what.order === 'destroy' && hindered(turn, vault) !== null) return waiting
  const unfit = unfitness(turn, vault, command_hash, what, { witnesses })
  if (unfit === 'panic-limit') {
    if (turn.tip === held.seen_height) tellPanicLimit(turn, vault_id, command_hash)
    return waiting
  }
  if (unfit !== null) return drop(turn, vault_id, vault, command_hash, held, unfit)
  take(turn, vault_id, vault, command_hash, held, what)
  return { state: 'accepted', height: turn.tip }
}

function tellPanicLimit(turn: Turn, vault_id: VaultId, command_hash: Hash32): void {
  turn.tell({ level: 'error', event: 'panic-limit', vault_id, detail: command_hash })
}

function drop(turn: Turn, vault_id: VaultId, vault: Vault, command_hash: Hash32, held: HeldCommand, code: RefusalCode): RefusalCode {
  turn.tell({ level: 'warn', event: 'command-refused', vault_id, detail: `${held.command.what.order}: ${code}` })
  forgetCommand(turn, vault_id, vault, command_hash, held)
  return code
}

/** Obeyed from here on: recorded, told to all, and done. */
function take(turn: Turn, vault_id: VaultId, vault: Vault, command_hash: Hash32, { signed }: HeldCommand, what: Order): void {
  turn.record({ record: 'command-taken', vault_id, command_hash })
  turn.tell({ level: what.order === 'drill' ? 'info' : 'warn', event: 'command-taken', vault_id, detail: `${what.order} ${command_hash}` })
  const frame = announce(turn, vault_id, command_hash, signed)
  if (frame) {
    const { self } = turn.config
    turn.record({ record: 'command-noticed', vault_id, command_hash, member: self, height: turn.tip, frame: encodeFrame(frame) })
  }
  switch (what.order) {
    case 'panic': {
      const incident_id = incidentId(turn, vault_id, 'panic', fromHex(command_hash))
      openIncident(turn, incident_id, { vault_id, trigger: 'panic', discriminator: fromHex(command_hash) })
      const incident = turn.incident(incident_id)
      if (incident) advance(turn, incident_id, vault, incident)
      return
    }
    case 'drill': {
      const drill = drillOf(vault_id, vault, command_hash)
      if (drill) startDrill(turn, drill)
      return
    }
    case 'revoke':
      turn.tell({ level: 'warn', event: 'vault-revoked', vault_id })
      return
    case 'destroy':
      destroy(turn, vault_id, vault, command_hash)
      return
    case 'cancel-generation': {
      turn.tell({ level: 'warn', event: 'generation-cancelled', vault_id, manifest_hash: what.manifest_hash })
      const cancelled = vault.manifests.find(({ hash }) => hash === what.manifest_hash)
      if (cancelled) sayTakenBack(turn, vault_id, cancelled)
      return
    }
  }
}

/** My notice, without its attachment; null where the ledger has no room or I doubt it, and the command is obeyed all the same. */
function announce(turn: Turn, vault_id: VaultId, command_hash: Hash32, signed: SignedCommand): Frame | null {
  if (!hasLedgerRoom(turn) || !maySign(turn)) return null
  const frame = signOnce(turn, commandSlot(turn.config.federation.lock_hash, command_hash), () =>
    turn.sign('command', { vault_id, command_hash, height: turn.tip }),
  )
  turn.gossip({ ...frame, attachment: encodeSignedCommand(signed) })
  return frame
}

/** At each block, the lowest hash first: what was held may be taken now, or is held in vain. */
export function takeCommandsDue(turn: Turn, vault_id: VaultId, vault: Vault): void {
  for (const [command_hash, held] of sortedEntries(vault.commands)) {
    if (held.taken_height === null) takeIfDue(turn, vault_id, vault, command_hash, held)
    if (!turn.durable.vaults.has(vault_id)) return
  }
}

/** A member hands a command on, and says when it took it. */
export function onCommandNotice(turn: Turn, from: MemberIndex, body: CommandNotice, frame: Frame): VerdictCode {
  const signed = frame.attachment && openAttachment(frame.attachment)
  if (signed === null) return 'attachment-missing'
  if (typeof signed === 'string') return signed
  const command = readCommand(signed)
  if (command === null) return 'unknown-variant'
  if (commandHash(turn.ports, signed.bytes) !== body.command_hash) return 'bad-attachment'
  if (command.vault_id !== body.vault_id) return 'wrong-vault'
  const notice: Notice = { member: from, height: body.height, frame: encodeFrame(withoutAttachment(frame)) }
  const vault = turn.durable.vaults.get(body.vault_id)
  if (!vault) return noticeDestruction(turn, body, notice)
  if (vault.commands.get(body.command_hash)?.notices.has(from)) return 'known'
  return typeof offerCommand(turn, signed, notice) === 'string' ? 'command-refused' : 'accepted'
}

/** Of a vault that I have forgotten, I go on telling others until all have said that they did. */
function noticeDestruction(turn: Turn, { vault_id, command_hash }: CommandNotice, notice: Notice): VerdictCode {
  const destroyed = turn.durable.destroyed.get(vault_id)
  if (destroyed?.command_hash !== command_hash) return 'unknown-vault'
  if (destroyed.command.notices.has(notice.member)) return 'known'
  turn.record({ record: 'command-noticed', vault_id, command_hash, ...notice })
  return 'accepted'
}

function openAttachment(bytes: Uint8Array): SignedCommand | VerdictCode {
  try {
    return decodeSignedCommand(bytes)
  } catch (error) {
    if (error instanceof SchemaError) return SCHEMA_VERDICTS[error.code]
    throw error
  }
}

/** The command that a vote shows; a code where it shows something else, the same at every member, whatever it holds. */
export function commandShown(turn: Turn, command_hash: Hash32, raw: Uint8Array): SignedCommand | VerdictCode {
  const signed = openAttachment(raw)
  return typeof signed === 'string' || commandHash(turn.ports, signed.bytes) === command_hash ? signed : 'bad-attachment'
}
