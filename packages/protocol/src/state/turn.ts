/** One step's work in hand: the state, the ports, and what the step gives out. Machines get this and nothing else. */
import type { DurableEffect, ImmediateEffect, Tell } from '../core/effects.ts'
import type { Hasher, Verifier } from '../crypto/index.ts'
import type { Federation } from '../federation/index.ts'
import type { GuardedSigner } from '../guard/signer.ts'
import { type Frame, MESSAGE_VERSION, encodeFrame, encodeHeader } from '../messages/frame.ts'
import { type BodyOf, type MemberKind, encodeBody } from '../messages/kinds.ts'
import { READING, type Reading } from '../messages/reading.ts'
import type { Height, IncidentId, LockHash, MemberIndex, Millis } from '../primitives/index.ts'
import { apply } from './apply.ts'
import type { Durable, Incident } from './durable.ts'
import type { LogRecord } from './records.ts'
import { type StoryEntry, type StoryEvent, hasStoryRoom } from './story.ts'
import type { Volatile } from './volatile.ts'

/** Who this member is and whom it serves; fixed while the process runs. */
export interface CoreConfig {
  readonly federation: Federation
  readonly self: MemberIndex
  /** Admitted owners: their peer id and BIP-340 root key (x-only hex). */
  readonly owners: readonly { readonly peer_id: string; readonly root: string }[]
  /** The lock that follows this epoch's, where this member serves it too: it changes with a restart only. */
  readonly next_lock?: LockHash | null
  /** Locks that follow it, too, which this member was given and does not serve: its operator was told that there are two. */
  readonly refused_locks?: readonly LockHash[]
  /** e.g. `belfry/0.1.0`, told in heartbeats. */
  readonly software: string
}

export interface State {
  readonly config: CoreConfig
  readonly durable: Durable
  readonly volatile: Volatile
  /** Knows by itself what was signed before, whatever the rest of the state says. */
  readonly signer: GuardedSigner
}

const CHANGES_CUSTODY: ReadonlySet<LogRecord['record']> = new Set([
  'manifest-armed',
  'receipt-held',
  'publication-held',
  'withdrawal-held',
  'taken-back-held',
  'let-be-held',
  'vault-destroyed',
])

export class Turn {
  readonly config: CoreConfig
  readonly durable: Durable
  readonly volatile: Volatile
  readonly ports: Hasher & Verifier
  readonly reading: Reading
  readonly at_ms: Millis
  readonly #signer: GuardedSigner
  readonly records: LogRecord[] = []
  readonly afterDurable: DurableEffect[] = []
  readonly immediate: ImmediateEffect[] = []

  constructor(state: State, ports: Hasher & Verifier, at_ms: Millis, reading: Reading = READING) {
    this.config = state.config
    this.durable = state.durable
    this.volatile = state.volatile
    this.#signer = state.signer
    this.ports = ports
    this.reading = reading
    this.at_ms = at_ms
  }

  /** My tip; 0 before the first block. */
  get tip(): Height {
    return this.durable.position?.height ?? (0 as Height)
  }

  record(entry: LogRecord): void {
    apply(this.durable, entry)
    this.volatile.digests.clear()
    if (CHANGES_CUSTODY.has(entry.record)) {
      this.volatile.custody_digest = null
      this.volatile.guarded_root = null
    }
    if (entry.record === 'manifest-armed') this.volatile.elsewhere.clear()
    this.records.push(entry)
  }

  afterSync(effect: DurableEffect): void {
    this.afterDurable.push(effect)
  }

  now(effect: ImmediateEffect): void {
    this.immediate.push(effect)
  }

  tell(tell: Tell): void {
    this.immediate.push({ effect: 'tell', tell })
  }

  /** Adds to an incident's story, while it has room. */
  note(incident_id: IncidentId, event: StoryEvent, about: Partial<Omit<StoryEntry, 'event' | 'height'>> = {}): void {
    const incident = this.incident(incident_id)
    if (!incident || !hasStoryRoom(incident.story.length, event)) return
    this.record({
      record: 'noted',
      incident_id,
      entry: {
        at_ms: about.at_ms ?? this.at_ms,
        event,
        height: this.durable.position?.height ?? null,
        member: about.member ?? null,
        txid: about.txid ?? null,
        feerate: about.feerate ?? null,
        detail: about.detail ?? null,
      },
    })
  }

  incident(id: IncidentId): Incident | undefined {
    return this.durable.incidents.get(id)
  }

  /** Signs a message of mine. It leaves by `gossip` or `send`, after this step's records are synced. */
  sign<K extends MemberKind>(kind: K, body: BodyOf<K>, attachment: Uint8Array | null = null): Frame {
    const { federation, self } = this.config
    this.volatile.seq += 1
    const signed = encodeHeader({
      version: MESSAGE_VERSION,
      lock_prefix: federation.lock_prefix,
      epoch: federation.epoch,
      kind,
      from: self,
      peer_id: federation.memberOf(self).peer_id,
      boot: this.durable.boot,
      seq: this.volatile.seq,
      sent_at: this.at_ms,
      body: encodeBody(kind, body),
    })
    return { signed, signature: this.#signer.sign(federation.lock_hash, signed), attachment }
  }

  /** The body of a frame that has been decoded before. */
  bodyOf<K extends MemberKind>(kind: K, frame: Frame): BodyOf<K> {
    return this.reading.body(kind, this.reading.header(frame.signed).body)
  }

  gossip(frame: Frame): void {
    this.afterSync({ effect: 'gossip', bytes: encodeFrame(frame) })
  }

  send(to: MemberIndex, frame: Frame): void {
    this.afterSync({ effect: 'send', to, bytes: encodeFrame(frame) })
  }
}
