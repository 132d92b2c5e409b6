/** One incident, whole: what `belfry incident explain` tells. Votes and receipts come as they were signed. */
import {
  type Coin,
  type Incident,
  type Receipt,
  type State,
  type Vault,
  confirmations,
  countedVoters,
  deadlineOf,
  decodeBody,
  decodeFrame,
  decodeHeader,
  finalSpend,
  feerateOf,
  recoveryBy,
  recoveryRung,
  rungOfEnvelope,
  standingRecovery,
  standingTrigger,
} from '@belfry/protocol'
import { type Hash32, type Height, type IncidentId, type Outpoint, type Txid, sortedEntries, toHex } from '@belfry/protocol/primitives'
import { type IncidentSummary, incidentSummary, vaultOf } from './incidents.ts'
import { type MemberName, named, namedAll } from './named.ts'
import { satVb, satsNumber, utc } from './units.ts'
import { type SpendView, spendView, tipOf } from './vaults.ts'

export interface IncidentView extends IncidentSummary {
  /** The member whose view this is: others may know more or less. */
  readonly seen_by: MemberName
  readonly tip_height: number | null
  readonly exposed: boolean
  /** The owner's command that started it; null where the coin's own movement did. */
  readonly order: OrderView | null
  /** By when a theft's recovery should be confirmed; null while U is unconfirmed, and for what has no window. */
  readonly deadline: { readonly height: number; readonly blocks_left: number } | null
  /** The trigger as it stands now; null where it is gone. */
  readonly trigger_tx: TriggerTxView | null
  /** The recovery transaction in the mempool or chain; null where there is none. */
  readonly recovery_tx: RecoveryTxView | null
  /** The confirmed spend that ended the coin's story, so far. */
  readonly end: { readonly txid: string; readonly recovered: boolean; readonly confirmations: number } | null
  readonly votes_held: readonly VoteView[]
  readonly certificate: { readonly at: string; readonly height: number; readonly voters: readonly MemberName[] } | null
  readonly releases: readonly ReleaseView[]
  readonly broadcasts: readonly { readonly txid: string; readonly sat_vb: number | null; readonly height: number }[]
  readonly broadcast_receipts: readonly BroadcastReceiptView[]
  /** In the order in which this member learned it. */
  readonly story: readonly StoryView[]
}

export interface OrderView {
  readonly command_hash: string
  /** This member's tip when it took the command; null while it waits. */
  readonly taken_height: number | null
  readonly signers: number
  readonly held_back: readonly MemberName[]
}

export interface TriggerTxView extends SpendView {
  readonly vsize: number
  /** null where this node does not know an input's value. */
  readonly fee_sats: number | null
}

export interface RecoveryTxView extends SpendView {
  readonly sat_vb: number
}

export interface VoteView {
  readonly member: MemberName
  /** The voter's tip. */
  readonly anchor_height: number
  /** Counts towards a certificate now: neither too old nor too far from the others. */
  readonly counted: boolean
  /** The signed message, hex. */
  readonly frame: string
}

/** Shares of this envelope left, or may have left, this member from this height of mine on. */
export interface ReleaseView {
  readonly envelope_id: string
  readonly txid: string | null
  readonly sat_vb: number | null
  readonly height: number
}

export interface BroadcastReceiptView {
  readonly member: MemberName
  readonly txid: string
  readonly height: number
  /** The signed message, hex. */
  readonly frame: string
}

export interface StoryView {
  readonly at: string
  readonly event: string
  readonly height: number | null
  readonly member: MemberName | null
  readonly txid: string | null
  readonly sat_vb: number | null
  readonly detail: string | null
}

/** null where there is no such incident. */
export function incidentView(state: State, incident_id: IncidentId): IncidentView | null {
  const incident = state.durable.incidents.get(incident_id)
  if (!incident) return null
  const { federation, self } = state.config
  const vault = vaultOf(state, incident)
  const tip = tipOf(state)
  return {
    ...incidentSummary(state, incident_id, incident),
    seen_by: named(federation, self),
    tip_height: state.durable.position?.height ?? null,
    exposed: vault.exposed,
    order: orderOf(state, vault, incident),
    deadline: deadlineOf(vault, incident, tip as Height),
    trigger_tx: triggerTx(vault, incident, tip),
    recovery_tx: recoveryTx(vault, tip),
    end: endOf(vault, tip),
    votes_held: votesOf(state, incident, tip),
    certificate: incident.certified && {
      at: utc(incident.certified.at_ms),
      height: incident.certified.height,
      voters: namedAll(federation, incident.certified.voters),
    },
    releases: sortedEntries(incident.released).map(([envelope_id, height]) => {
      const rung = rungOfEnvelope(vault, envelope_id)
      return { envelope_id, height, txid: rung?.txid ?? null, sat_vb: rung && satVb(rung.feerate) }
    }),
    broadcasts: sortedEntries(incident.broadcasts)
      .map(([txid, height]) => ({ txid, sat_vb: rungSatVb(vault, txid), height }))
      .toSorted((a, b) => a.height - b.height),
    broadcast_receipts: receiptsOf(state, incident),
    story: incident.story.map(({ at_ms, event, height, member, txid, feerate, detail }) => ({
      at: utc(at_ms),
      event,
      height,
      member: member === null ? null : named(federation, member),
      txid,
      sat_vb: feerate === null ? null : satVb(feerate),
      detail,
    })),
  }
}

/** Others' votes may tell of a command before this member holds it. */
function orderOf({ config: { federation } }: State, { commands }: Vault, { discriminator }: Incident): OrderView | null {
  if (discriminator.length === 0) return null
  const command_hash = toHex(discriminator)
  const held = commands.get(command_hash as Hash32)
  const what = held?.command.what
  return {
    command_hash,
    taken_height: held?.taken_height ?? null,
    signers: held?.signed.signatures.length ?? 0,
    held_back: what?.order === 'drill' ? namedAll(federation, what.held_back) : [],
  }
}

function rungSatVb(vault: Vault, txid: Txid): number | null {
  const feerate = recoveryRung(vault, txid)?.feerate ?? standingRecovery(vault, txid)?.feerate
  return feerate === undefined ? null : satVb(feerate)
}

function triggerTx(vault: Vault, { trigger }: Incident, tip: number): TriggerTxView | null {
  const standing = standingTrigger(vault, trigger)
  const coin = vault.coins.get(vault.deposit)
  const spend = coin && spendView(coin, tip)
  if (!standing || !spend) return null
  const { vsize, fee } = standing.tx
  return { ...spend, vsize, fee_sats: fee === null ? null : satsNumber(fee) }
}

/** A confirmed one goes before one in the mempool. */
function recoveryTx(vault: Vault, tip: number): RecoveryTxView | null {
  const found = sortedEntries(vault.coins).flatMap(([outpoint, coin]) => recoveryOn(vault, outpoint, coin, tip))
  return found.find(({ seen }) => seen === 'confirmed') ?? found[0] ?? null
}

function recoveryOn(vault: Vault, outpoint: Outpoint, coin: Coin, tip: number): RecoveryTxView[] {
  const tx = coin.confirmed?.tx ?? coin.mempool
  const recovery = tx && recoveryBy(vault, outpoint, tx)
  const spend = recovery && spendView(coin, tip)
  return tx && recovery && spend ? [{ ...spend, sat_vb: satVb(feerateOf(recovery, tx)) }] : []
}

function endOf(vault: Vault, tip: number): IncidentView['end'] {
  const end = finalSpend(vault)
  return end && { txid: end.txid, recovered: end.recovered, confirmations: confirmations(end.coin, tip) }
}

function votesOf({ config }: State, { votes }: Incident, tip: number): VoteView[] {
  const counted = new Set(countedVoters(votes, tip as Height))
  return sortedEntries(votes).map(([member, { anchor_height, frame }]) => ({
    member: named(config.federation, member),
    anchor_height,
    counted: counted.has(member),
    frame: toHex(frame),
  }))
}

function receiptsOf({ config }: State, { broadcast_receipts }: Incident): BroadcastReceiptView[] {
  return sortedEntries(broadcast_receipts).flatMap(([member, frame]) => {
    const receipt = receiptIn(frame)
    if (receipt.statement !== 'broadcast') return []
    return [
      { member: named(config.federation, member), txid: receipt.txid, height: receipt.height, frame: toHex(frame) },
    ]
  })
}

/** It was checked before it was kept. */
function receiptIn(frame: Uint8Array): Receipt {
  return decodeBody('receipt', decodeHeader(decodeFrame(frame).signed).body)
}
