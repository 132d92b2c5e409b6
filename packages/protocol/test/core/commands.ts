/** Commands of owners, signed with the stand-in for BIP-340. */
import assert from 'node:assert/strict'
import { type BlockRef, type Command, type Hash32, type IncidentId, type InfoRequest, type Order, type OwnerAnswer, type SignedCommand, ANCHOR_DEPTH, commandDigest, commandHash, commandRequest, encodeCommand, encodeSignedCommand, incidentIdOf, infoRequest } from '../../src/index.ts'
import { fromHex, toCbor, utf8 } from '../../src/primitives/index.ts'
import type { Seat } from './seat.ts'
import { type TestVault, blockAt, hasher, ownerSign, sha256 } from './setting.ts'

export interface GivenCommand {
  readonly signed: SignedCommand
  readonly hash: Hash32
  /** As it travels beside notices and votes. */
  readonly bytes: Uint8Array
}

export interface CommandChoices {
  /** Whose keys sign; else the root key. */
  readonly keys?: readonly string[]
  readonly anchor?: BlockRef
  readonly nonce?: string
  readonly change?: (command: Command) => Command
}

export type DrillOrder = Extract<Order, { order: 'drill' }>

export function drill(level: number, change: Partial<DrillOrder> = {}): DrillOrder {
  return { order: 'drill', level, held_back: [], trial: null, ...change }
}

/** What a member tells its owner. */
export function ask(seat: Seat, what: InfoRequest['what']): OwnerAnswer {
  const request: InfoRequest = { what }
  const [answer] = seat.request(toCbor(infoRequest, request), 'info')
  return answer ?? assert.fail()
}

/** Anchored as deep as must be at a member whose tip this is. */
export function orderAt(tip: number, vault: TestVault, what: Order, choices: CommandChoices = {}): GivenCommand {
  const { keys = [vault.manifest.owner.root], anchor = blockAt(tip - ANCHOR_DEPTH), nonce = 'nonce' } = choices
  const plain: Command = {
    format: 'belfry-command',
    version: 1,
    lock_hash: vault.manifest.lock_hash,
    vault_id: vault.vault_id,
    nonce: sha256(utf8(nonce)).slice(0, 16),
    anchor,
    what,
  }
  const bytes = encodeCommand(choices.change?.(plain) ?? plain)
  const digest = commandDigest(hasher, bytes)
  const signed = { bytes, signatures: keys.map((key) => ({ key, signature: ownerSign(key, digest) })) }
  return { signed, hash: commandHash(hasher, bytes), bytes: encodeSignedCommand(signed) }
}

export function commandRequestOf({ signed }: Pick<GivenCommand, 'signed'>): Uint8Array {
  return toCbor(commandRequest, { signed })
}

/** Handed over by the owner. @returns the state, or the code of the refusal */
export function give(seat: Seat, { signed }: Pick<GivenCommand, 'signed'>): string {
  const [answer] = seat.request(commandRequestOf({ signed }), 'command')
  if (answer?.answer === 'command') return answer.state
  return answer?.answer === 'refused' ? answer.code : (answer?.answer ?? 'no answer')
}

/** Handed on by a member that took it. @returns the verdict's code */
export function notice(seat: Seat, from: number, vault: TestVault, given: GivenCommand, height = seat.tip): string {
  const body = { vault_id: vault.vault_id, command_hash: given.hash, height: height as never }
  return seat.say(from, 'command', body, { attachment: given.bytes })
}

export function incidentOf(vault: TestVault, order: 'panic' | 'drill', given: GivenCommand): IncidentId {
  return incidentIdOf(hasher, vault.vault_id, order, fromHex(given.hash))
}

/** A member's vote for what was ordered. */
export function voteFor(seat: Seat, from: number, vault: TestVault, order: 'panic' | 'drill', given: GivenCommand, shows = true): string {
  const body = {
    vault_id: vault.vault_id,
    trigger: order,
    discriminator: fromHex(given.hash),
    incident_id: incidentOf(vault, order, given),
    action: order === 'panic' ? ('emergency' as const) : ('drill' as const),
    anchor_height: seat.tip as never,
    witness_txid: Buffer.from(sha256(sha256(given.bytes)).toReversed()).toString('hex') as never,
  }
  return seat.say(from, 'vote', body, shows ? { attachment: given.bytes } : {})
}
