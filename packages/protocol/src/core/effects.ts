/** What the core asks of the shell. Secrets never pass through here: shares stay sealed, keys and transactions are named. */
import type { Manifest, ShareCommitment } from '../custody/manifest.ts'
import type { Verdict, VerdictCode } from '../messages/verdict.ts'
import type { BlockRef } from '../chain/index.ts'
import type { BlockHash, EnvelopeId, Feerate, Hash32, IncidentId, ManifestHash, MemberIndex, Outpoint, Sats, Txid, VaultId } from '../primitives/index.ts'

/** Run only once the log has reached the index of their step: nothing leaves before it is remembered. */
export type DurableEffect =
  | { readonly effect: 'gossip'; readonly bytes: Uint8Array }
  | { readonly effect: 'send'; readonly to: MemberIndex; readonly bytes: Uint8Array }
  /** A vault is forgotten: no longer watch these for it. */
  | { readonly effect: 'unwatch'; readonly outpoints: readonly Outpoint[] }
  | { readonly effect: 'reply'; readonly request_id: number; readonly bytes: Uint8Array }
  | {
      /** Submit the transaction rebuilt from this envelope; with `parent` as the package [parent, it]. */
      readonly effect: 'broadcast'
      readonly incident_id: IncidentId
      readonly envelope_id: EnvelopeId
      readonly txid: Txid
      readonly parent: Uint8Array | null
    }
  | {
      /** Have the fee wallet pay for the transaction rebuilt from this envelope, and submit the two together. */
      readonly effect: 'bump'
      readonly incident_id: IncidentId
      readonly envelope_id: EnvelopeId
      /** Of the rebuilt transaction: A without a coin, or P. */
      readonly txid: Txid
      readonly means: BumpMeans
      /** What it spends. */
      readonly outpoint: Outpoint
      /** What A with its coin, or P with its child, should pay at least. */
      readonly feerate: Feerate
      /** And in satoshis, all together: more than what stands in its way; 0 where nothing does. */
      readonly min_fee: Sats
      /** Left until the incident's deadline. */
      readonly deadline_blocks: number
    }

/** A is completed with a coin, ALL|ANYONECANPAY; P gets a child that spends its anchor. */
export type BumpMeans = 'anyone-can-pay' | 'anchored'

/** May run at once: nothing of them leaves this process, but for what an operator is told. */
export type ImmediateEffect =
  | { readonly effect: 'verdict'; readonly token: number | null; readonly peer: MemberIndex; readonly verdict: Verdict; readonly code: VerdictCode; readonly kind: string }
  | { readonly effect: 'watch'; readonly outpoints: readonly Outpoint[] }
  | {
      /** Watch the deposit, open my shares, compare them with the commitments, look at the deposit. */
      readonly effect: 'verify-enrolment'
      readonly manifest_hash: ManifestHash
      readonly vault_id: VaultId
      readonly generation: number
      /** With `after-receipts` it need not be there yet. */
      readonly deposit: Manifest['deposit']
      readonly watch: readonly Outpoint[]
      readonly shares: readonly { readonly envelope_id: EnvelopeId; readonly commitment: ShareCommitment; readonly sealed: Uint8Array }[]
    }
  | {
      /** Open my own share of an envelope and seal it to another member. */
      readonly effect: 'seal-share'
      readonly incident_id: IncidentId
      readonly manifest_hash: ManifestHash
      readonly envelope_id: EnvelopeId
      readonly to: MemberIndex
      readonly sealed: Uint8Array
    }
  | {
      /** Open a share that was released to me (or my own) and keep it in locked memory if it is what was committed to. */
      readonly effect: 'open-share'
      readonly incident_id: IncidentId
      readonly manifest_hash: ManifestHash
      readonly vault_id: VaultId
      readonly generation: number
      readonly envelope_id: EnvelopeId
      readonly from: MemberIndex
      readonly commitment: ShareCommitment
      readonly sealed: Uint8Array
    }
  | {
      /** Combine t of the shares kept, check the key, open the envelope, check the txid; keep the transaction in locked memory. */
      readonly effect: 'rebuild'
      readonly incident_id: IncidentId
      readonly vault_id: VaultId
      readonly generation: number
      readonly envelope_id: EnvelopeId
      readonly envelope: Uint8Array
      readonly key_hash: Hash32
      /** Null for a drill's envelope: it holds no transaction, and nothing of it is kept. */
      readonly txid: Txid | null
      readonly threshold: number
    }
  | {
      /** Ask my bitcoind whether it would take this transaction, and decode what it spends of these outpoints. */
      readonly effect: 'test-sighting'
      readonly incident_id: IncidentId
      /** Whose vote brought it. */
      readonly member: MemberIndex
      readonly raw: Uint8Array
      readonly outpoints: readonly Outpoint[]
    }
  | {
      /** Open every share of mine in these manifests and compare it with its commitment. Nothing is kept, nothing leaves. */
      readonly effect: 'check-shares'
      readonly vault_id: VaultId
      readonly command_hash: Hash32
      readonly manifests: readonly {
        readonly manifest_hash: ManifestHash
        readonly generation: number
        readonly shares: readonly { readonly envelope_id: EnvelopeId; readonly commitment: ShareCommitment; readonly sealed: Uint8Array }[]
      }[]
    }
  /** Serialised headers of my chain after the first block of the locator that is in it, for a member that asked. */
  | { readonly effect: 'read-headers'; readonly to: MemberIndex; readonly locator: readonly BlockHash[]; readonly max: number }
  /** Hand headers of a member to my bitcoind (submitheader), which alone decides whether they are a chain. */
  | { readonly effect: 'submit-headers'; readonly member: MemberIndex; readonly headers: readonly Uint8Array[] }
  /** What each member must answer of this block, from the block's own bytes. */
  | { readonly effect: 'prove-block'; readonly block: BlockRef; readonly members: readonly MemberIndex[] }
  /** Whether a coin that is to be paid in later has come. */
  | { readonly effect: 'look-at-deposit'; readonly vault_id: VaultId; readonly deposit: Manifest['deposit'] }
  /** Wipe shares and transactions of these envelopes from memory. */
  | { readonly effect: 'forget'; readonly envelopes: readonly EnvelopeId[] }
  | { readonly effect: 'tell'; readonly tell: Tell }

/** What operators are told, each with a stable id: log lines and counters are made of these. */
export type Tell = {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: TellEvent
  readonly vault_id?: VaultId
  readonly incident_id?: IncidentId
  readonly manifest_hash?: ManifestHash
  readonly member?: MemberIndex
  readonly txid?: Txid
  readonly envelope_id?: EnvelopeId
  readonly height?: number
  readonly feerate?: number
  readonly detail?: string
}

export const TELL_EVENTS = [
  'started',
  'block-connected',
  'block-disconnected',
  'chain-state',
  'manifest-armed',
  'manifest-refused',
  'manifest-activated',
  'manifest-withdrawn',
  'second-manifest-of-a-generation',
  'receipt-held',
  'incident-opened',
  'trigger-gone',
  'trigger-confirmed',
  'voted',
  'vote-held',
  'certified',
  'share-released',
  'share-held',
  'bad-share',
  'bad-dealer',
  /** A transaction cannot be rebuilt now for want of locked memory: tried again with the next block. */
  'no-room-to-rebuild',
  'rebuilt',
  'broadcast',
  'broadcast-refused',
  /** A recovery transaction can never be valid: the set that the owner dealt is bad. */
  'recovery-invalid',
  /** A fee coin pays for a recovery transaction. */
  'bumped',
  'bump-refused',
  /** The next member in the incident's order spends fee coins now. */
  'fee-turn-passed',
  /** The coin was spent by what is none of the vault's own: told with the first confirmation. */
  'coin-lost',
  'recovery-seen',
  'recovery-confirmed',
  'settled',
  'exposed',
  'unfounded-vote',
  /** A frame that no honest member sends or forwards, or that is over a member's budget: names who is to blame. */
  'frame-refused',
  'evidence',
  'peer-alive',
  'peer-suspect',
  'peer-dead',
  /** Fewer than a majority of the members are heard: it may be I who is cut off, so nobody is called dead. And its end. */
  'self-isolated',
  'self-reachable',
  'quorum-lost',
  'quorum-back',
  /** A member's clock is off from most members' clocks, which may be my own; and once it agrees again. */
  'clock-skewed',
  'clock-agrees',
  /** A member speaks another version, or of another lock, so that its heartbeats cannot be read; and once they can again. */
  'peer-incompatible',
  'peer-compatible',
  /** Two processes run on one member's key; and once only one was heard for a while. My own: second-instance. */
  'duplicate-instance',
  'duplicate-gone',
  /** More members than may lie serve a lock after this one that I was not given; or another one than I was given. */
  'successor-unknown',
  'successor-differs',
  /** More than n−t members run one bitcoind of one version, so that one bug of it could stop the federation; and its end. */
  'monoculture',
  'monoculture-ended',
  /** How a member's tip stands to my chain, or mine to the others', once that has lasted (tips/). Each is told when it begins. */
  'tip-lagging',
  'tip-stuck',
  'tip-forked',
  /** My own alone: my bitcoind knows of a chain with more work than the one that it gives me, and has for long. */
  'eclipse-suspected',
  /** After any of these. */
  'tip-in-sync',
  /** What a member answers of blocks (proof-of-watching/): not what the block says; nothing, several times in a row; and right again. */
  'proof-wrong',
  'proofs-missed',
  'proofs-right',
  'second-instance',
  /** My disk or my key is in doubt: nothing is voted on, released or receipted until an operator adopts what was found. */
  'quarantined',
  /** The waiting after a start or a lag is over: by answers, or by the clock. */
  'wait-ended',
  'command-taken',
  /** A command that came by a member or fell due and was not taken: says why. */
  'command-refused',
  /** More panics of one vault than a member takes of its own accord. */
  'panic-limit',
  'drill-ended',
  'vault-revoked',
  'generation-cancelled',
  /** A generation that was taken back too late, or at too few members, goes on: most activated it long ago. */
  'generation-reinstated',
  'vault-destroyed',
  /** A vault's top rung pays less than the fee market asks, at several blocks in a row; and once it pays that again. */
  'ladder-under-market',
  'ladder-above-market',
  /** Too few members hold a vault, blocks after its enrolment began, for its recovery to work whatever b of them do; and once enough do. */
  'vault-unprotected',
  'vault-protected',
  /** A coin that was to be paid in once members held its vault has come; or another one stands there, which nothing recovers. */
  'deposit-funded',
  'deposit-differs',
] as const
export type TellEvent = (typeof TELL_EVENTS)[number]
