/** Everything that can happen to the core. */
import type { BlockRef, ChainEvent, SpendTx } from '../chain/index.ts'
import type { EnrolmentKeys } from '../custody/manifest.ts'
import type { Channel, OwnerKind } from '../messages/kinds.ts'
import type { EnvelopeId, Feerate, Hash32, IncidentId, ManifestHash, MemberIndex, Millis, Outpoint, Txid, VaultId } from '../primitives/index.ts'

interface At {
  readonly at_ms: Millis
}

export type Input = At &
  (
    | { readonly kind: 'start' }
    | { readonly kind: 'tick' }
    | {
        readonly kind: 'frame'
        /** The forwarding peer, which on gossip is not always the sender. */
        readonly peer: MemberIndex
        readonly channel: Channel
        readonly bytes: Uint8Array
        /** Handed back with the verdict; null where nobody waits for one. */
        readonly token: number | null
      }
    | {
        readonly kind: 'request'
        readonly request_id: number
        /** The owner's peer id, admitted by the gater. */
        readonly peer_id: string
        readonly protocol: OwnerKind
        readonly bytes: Uint8Array
      }
    | { readonly kind: 'chain'; readonly event: ChainEvent }
    | { readonly kind: 'peer'; readonly member: MemberIndex; readonly connected: boolean }
    | { readonly kind: 'outcome'; readonly outcome: Outcome }
  )

export type EnrolmentCheck =
  | 'ok'
  | 'share-does-not-open'
  | 'share-not-committed'
  | 'deposit-not-yet-seen'
  | 'deposit-differs'
  | 'deposit-spent'
  | 'bitcoind-unreachable'
  /** No room to watch more outpoints. */
  | 'no-room'

/** bitcoind's answer to a broadcast, as packages/bitcoind maps it. */
export type BroadcastAnswer =
  | 'accepted'
  | 'already-known'
  | 'fee-too-low'
  | 'conflict'
  | 'inputs-missing'
  | 'not-final'
  | 'unreachable'
  | 'mempool-limits'
  | 'non-standard'
  | 'script-invalid'
  | 'invalid'
  | 'rejected'

/** `no-coin`: the fee wallet has no confirmed coin that carries the feerate; `over-budget`: its limits do not allow it. */
export type BumpAnswer = BroadcastAnswer | 'no-coin' | 'over-budget'

/** What an asynchronous effect came to. Each effect that has an outcome gets exactly one, or none after a crash. */
export type Outcome =
  | {
      readonly of: 'verify-enrolment'
      readonly manifest_hash: ManifestHash
      readonly check: EnrolmentCheck
      /** Of the active manifest of this vault under the newest earlier lock that this node serves, too; null where there is none. */
      readonly earlier_enrol: EnrolmentKeys | null
    }
  | {
      readonly of: 'seal-share'
      readonly incident_id: IncidentId
      readonly manifest_hash: ManifestHash
      readonly envelope_id: EnvelopeId
      readonly to: MemberIndex
      /** Null where my own sealed share does not open. */
      readonly sealed: Uint8Array | null
    }
  | {
      readonly of: 'open-share'
      readonly incident_id: IncidentId
      readonly envelope_id: EnvelopeId
      readonly from: MemberIndex
      /** Good: it opened and matched its commitment. No room: it was not looked at, and may be tried again. */
      readonly result: 'good' | 'bad' | 'no-room'
    }
  | {
      readonly of: 'rebuild'
      readonly incident_id: IncidentId
      readonly envelope_id: EnvelopeId
      /**
       * The transaction's id where the key, the envelope and the txid all matched, `opened` for a drill's
       * envelope; `bad-dealer` where no shares led there; `no-room` where there is no locked memory for it now, which says nothing of anybody.
       */
      readonly result: Txid | 'opened' | 'bad-dealer' | 'no-room'
    }
  | { readonly of: 'read-headers'; readonly to: MemberIndex; /** Oldest first; empty where nothing of the locator is in my chain. */ readonly headers: readonly Uint8Array[] }
  | {
      readonly of: 'submit-headers'
      readonly member: MemberIndex
      /** `more-work`: my bitcoind took them all, and their chain has more work than mine. `refused`: it calls one of them invalid. */
      readonly result: 'more-work' | 'no-more-work' | 'unconnected' | 'refused' | 'unreachable'
      /** The last of them, where they were taken. */
      readonly tip: BlockRef | null
      /**
       * The last of them, or else the block before them, that is in the chain that my bitcoind is on; where neither is, the block
       * before them. Null where they were not taken.
       */
      readonly base: BlockRef | null
    }
  | {
      readonly of: 'prove-block'
      readonly block: BlockRef
      /** In the order of the members asked for; null where my bitcoind does not have the block. */
      readonly answers: readonly Hash32[] | null
    }
  | {
      readonly of: 'look-at-deposit'
      readonly vault_id: VaultId
      /** `other`: an output with another value or script than the manifest says. `nothing` also where bitcoind does not answer. */
      readonly seen: 'nothing' | 'deposit' | 'other'
    }
  | {
      readonly of: 'check-shares'
      readonly vault_id: VaultId
      readonly command_hash: Hash32
      /** Shares looked at, and those of them that opened and match their commitments. */
      readonly tried: number
      readonly good: number
    }
  | {
      readonly of: 'broadcast'
      readonly incident_id: IncidentId
      readonly envelope_id: EnvelopeId
      readonly txid: Txid
      readonly answer: BroadcastAnswer
    }
  | {
      readonly of: 'bump'
      readonly incident_id: IncidentId
      readonly envelope_id: EnvelopeId
      readonly answer: BumpAnswer
      /** Of the transaction that recovers the coin now: A with its coin, or P; null where none was submitted. */
      readonly txid: Txid | null
      /** What it pays, with its child where it has one; null where none was submitted. */
      readonly feerate: Feerate | null
    }
  | {
      readonly of: 'test-sighting'
      readonly incident_id: IncidentId
      readonly member: MemberIndex
      /** What the transaction spends of the vault, where my bitcoind would take it. */
      readonly sighted: { readonly outpoint: Outpoint; readonly tx: SpendTx } | null
    }
