/** Hands an input to the machine that owns it. Nothing is decided here. */
import { lookForDeposit, onDepositLookedAt } from '../custody/funding.ts'
import { watchProtection } from '../custody/protection.ts'
import { activateIfDue, noticeMoved, onBundle, onManifest, onVerified, onWithdraw, refuse } from '../custody/enrolment.ts'
import { onInfo } from '../custody/info.ts'
import { decideFates } from '../custody/words.ts'
import { onSighting } from '../incident/ballot.ts'
import { endDrillsDue, onRehearsed, onSharesChecked, resumeDrills } from '../drill/drill.ts'
import { onBroadcastAnswer } from '../incident/broadcast.ts'
import { onBumpAnswer } from '../incident/bump.ts'
import { tellCertificatesIfDue } from '../incident/certificate.ts'
import { onBlock, onSpend, releaseToSecondWave, resumeIncidents } from '../incident/machine.ts'
import { watchLadders } from '../incident/market-watch.ts'
import { onRebuilt, onShareOpened } from '../incident/rebuild.ts'
import { onSealed } from '../incident/release.ts'
import { heartbeatForTip, heartbeatIfDue } from '../liveness/heartbeats.ts'
import { onCommandRequest } from '../owner/request.ts'
import { takeCommandsDue } from '../owner/taking.ts'
import { type EnrolRequest, commandRequest, enrolRequest, infoRequest } from '../messages/owner-requests.ts'
import type { Reading } from '../messages/reading.ts'
import type { ChainEvent } from '../chain/index.ts'
import type { CryptoPorts } from '../crypto/index.ts'
import { type Millis, SchemaError, type VaultId, assertNever, fromCbor, sortedEntries } from '../primitives/index.ts'
import type { Vault } from '../state/durable.ts'
import type { LogRecord } from '../state/records.ts'
import { type State, Turn } from '../state/turn.ts'
import { onBlockProved } from '../proof-of-watching/proofs.ts'
import { bootByClock } from '../guard/boots.ts'
import { onHeadersRead, onHeadersSubmitted } from '../tips/headers.ts'
import { askOnConnection, beginWait, endWaitIfDue, nextAskAt, waitForLag } from '../sync/answers.ts'
import type { DurableEffect, ImmediateEffect } from './effects.ts'
import type { Input, Outcome } from './input.ts'
import { onFrame } from './receive.ts'

export interface Output {
  /** Typed deltas, already applied, to be written in order in one synced batch. */
  readonly records: readonly LogRecord[]
  /** To be performed only once the log has reached the last of these records. */
  readonly afterDurable: readonly DurableEffect[]
  readonly immediate: readonly ImmediateEffect[]
  /** When to call again with a tick, should nothing else happen. */
  readonly wake_at_ms: Millis
}

/** @throws InvariantError only where this code is wrong; bad input yields a verdict and a code */
export function step(state: State, input: Input, ports: CryptoPorts, reading: Reading): Output {
  const turn = new Turn(state, ports, input.at_ms, reading)
  // Whatever comes first, for a chain fact or a frame may overtake the start: under the old boot number nothing is signed.
  if (turn.volatile.started_at === null) start(turn)
  dispatch(turn, input)
  if (endWaitIfDue(turn)) goOn(turn)
  releaseToSecondWave(turn)
  tellCertificatesIfDue(turn)
  heartbeatIfDue(turn)
  return {
    records: turn.records,
    afterDurable: turn.afterDurable,
    immediate: turn.immediate,
    wake_at_ms: nextWakeAt(turn),
  }
}

function nextWakeAt(turn: Turn): Millis {
  const { next_heartbeat_at, untold_certificates, second_waves } = turn.volatile
  return Math.min(nextAskAt(turn), next_heartbeat_at, untold_certificates.next_at, second_waves.waiting.next_at) as Millis
}

function dispatch(turn: Turn, input: Input): void {
  switch (input.kind) {
    case 'start':
      return // this life has begun with its first input, whichever that was
    case 'tick':
      return // time itself is the input: what is due by now is done after every input
    case 'frame':
      onFrame(turn, input)
      return
    case 'request':
      onRequest(turn, input)
      return
    case 'chain':
      onChain(turn, input.event)
      return
    case 'peer':
      onPeer(turn, input)
      return
    case 'outcome':
      onOutcome(turn, input.outcome)
      return
    default:
      assertNever(input)
  }
}

/** A new boot number before anything is signed under it, then whatever was under way. */
function start(turn: Turn): void {
  turn.volatile.started_at = turn.at_ms
  turn.record({ record: 'boot', boot: nextBoot(turn) })
  turn.tell({ level: 'info', event: 'started', detail: `boot ${turn.durable.boot}` })
  if (turn.durable.quarantine !== null) {
    turn.tell({ level: 'error', event: 'quarantined', member: turn.config.self, detail: turn.durable.quarantine.reason })
  }
  beginWait(turn)
  resumeIncidents(turn)
  for (const [vault_id, vault] of sortedEntries(turn.durable.vaults)) resumeDrills(turn, vault_id, vault)
}

/**
 * The time in seconds, where that is higher: a disk that is empty, or older than what I said, does not know how often I started. Under
 * a number of an earlier life nobody would listen to me, and two messages under one would convict me.
 */
function nextBoot({ durable: { boot }, at_ms }: Turn): number {
  return Math.max(boot + 1, bootByClock(at_ms))
}

/** What I waited with may be done now. */
function goOn(turn: Turn): void {
  for (const [vault_id, vault] of sortedEntries(turn.durable.vaults)) takeCommandsDue(turn, vault_id, vault)
  resumeIncidents(turn)
  for (const [vault_id, vault] of sortedEntries(turn.durable.vaults)) resumeDrills(turn, vault_id, vault)
}

function onRequest(turn: Turn, { request_id, peer_id, protocol, bytes }: Extract<Input, { kind: 'request' }>): void {
  try {
    if (protocol === 'command') {
      onCommandRequest(turn, request_id, peer_id, fromCbor(commandRequest, bytes))
    } else if (protocol === 'info') {
      onInfo(turn, request_id, peer_id, fromCbor(infoRequest, bytes))
    } else {
      onEnrol(turn, request_id, peer_id, fromCbor(enrolRequest, bytes))
    }
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    refuse(turn, request_id, 'malformed-request')
  }
}

function onEnrol(turn: Turn, request_id: number, peer_id: string, request: EnrolRequest): void {
  switch (request.request) {
    case 'manifest':
      onManifest(turn, request_id, peer_id, request)
      return
    case 'bundle':
      onBundle(turn, request_id, peer_id, request)
      return
    case 'withdraw':
      onWithdraw(turn, request_id, request)
      return
    default:
      assertNever(request)
  }
}

function onChain(turn: Turn, fact: ChainEvent): void {
  switch (fact.event) {
    case 'chain-health':
      onHealth(turn, fact)
      return
    case 'block-connected':
      if (fact.block.hash === turn.durable.position?.hash) return // told before
      turn.record({ record: 'chain', fact })
      turn.tell({ level: 'info', event: 'block-connected', height: fact.block.height, detail: fact.block.hash })
      for (const [vault_id, vault] of sortedEntries(turn.durable.vaults)) onBlockOfVault(turn, vault_id, vault)
      onBlock(turn)
      watchLadders(turn)
      heartbeatForTip(turn)
      return
    case 'block-disconnected':
      if (fact.previous === turn.durable.position?.hash) return
      turn.record({ record: 'chain', fact })
      turn.tell({ level: 'warn', event: 'block-disconnected', height: fact.block.height, detail: fact.block.hash })
      return
    default: {
      noticeMoved(turn, fact.outpoint)
      const concerned = new Map<VaultId, Vault>()
      // When all vaults are stolen from at once, a copy of them for each fact would be what takes longest.
      for (const [vault_id, vault] of turn.durable.vaults) if (vault.coins.has(fact.outpoint)) concerned.set(vault_id, vault)
      if (concerned.size === 0) return
      turn.record({ record: 'chain', fact })
      for (const [vault_id, vault] of sortedEntries(concerned)) onSpend(turn, vault_id, vault, fact)
    }
  }
}

/** What an owner ordered comes before what it may stop. */
function onBlockOfVault(turn: Turn, vault_id: VaultId, vault: Vault): void {
  takeCommandsDue(turn, vault_id, vault)
  if (!turn.durable.vaults.has(vault_id)) return
  endDrillsDue(turn, vault_id, vault)
  decideFates(turn, vault_id, vault, 'block')
  activateIfDue(turn, vault_id, vault)
  lookForDeposit(turn, vault_id, vault)
  watchProtection(turn, vault_id, vault)
}

function onHealth(turn: Turn, health: Extract<ChainEvent, { event: 'chain-health' }>): void {
  const { volatile } = turn
  if (volatile.chain !== health.state) {
    turn.tell({ level: health.state === 'ok' ? 'info' : 'error', event: 'chain-state', detail: health.state })
  }
  const wasFollowed = volatile.chain === 'ok'
  const isFollowed = health.state === 'ok'
  volatile.chain = health.state
  volatile.implementation = health.implementation
  volatile.estimate = health.estimate
  volatile.mempool_floor = health.mempool_floor
  // Also when it is back: what was said meanwhile is asked for then.
  if (wasFollowed !== isFollowed) waitForLag(turn)
}

/** A member that has just connected may have what I lack. */
function onPeer(turn: Turn, { member, connected }: Extract<Input, { kind: 'peer' }>): void {
  const peer = turn.volatile.peers.get(member)
  if (!peer) return
  peer.connected = connected
  peer.own_shown = 0
  // What was under way on the old connection is lost.
  peer.pull_open = null
  if (connected && member !== turn.config.self) askOnConnection(turn, member)
}

function onOutcome(turn: Turn, outcome: Outcome): void {
  switch (outcome.of) {
    case 'verify-enrolment':
      onVerified(turn, outcome)
      return
    case 'seal-share':
      onSealed(turn, outcome)
      return
    case 'open-share':
      onShareOpened(turn, outcome)
      return
    case 'rebuild':
      onRebuilt(turn, outcome)
      onRehearsed(turn, outcome)
      return
    case 'look-at-deposit':
      onDepositLookedAt(turn, outcome)
      return
    case 'read-headers':
      onHeadersRead(turn, outcome)
      return
    case 'submit-headers':
      onHeadersSubmitted(turn, outcome)
      return
    case 'prove-block':
      onBlockProved(turn, outcome)
      return
    case 'check-shares':
      onSharesChecked(turn, outcome)
      return
    case 'broadcast':
      onBroadcastAnswer(turn, outcome)
      return
    case 'bump':
      onBumpAnswer(turn, outcome)
      return
    case 'test-sighting':
      onSighting(turn, outcome)
      return
    default:
      assertNever(outcome)
  }
}
