/** What happens in the demo, as one stream: its own deeds, and the stories that the members tell. */
import type { IncidentView } from '@belfry/node'

/** One line of one member's story of an incident. */
export interface StoryLine {
  /** Whose story it is. */
  readonly by: number
  readonly incident_id: string
  readonly event: IncidentView['story'][number]['event']
  readonly height: number | null
  /** Whom it is about: who voted, who was given a share. */
  readonly member: number | null
  readonly txid: string | null
  readonly sat_vb: number | null
  readonly detail: string | null
}

export type Happening =
  | { readonly event: 'demo-started'; readonly members: number; readonly quorum: number; readonly act_at: string; readonly kill: number; readonly meaning: string }
  | { readonly event: 'bitcoind-fetched'; readonly message: string }
  | { readonly event: 'federation-locked'; readonly lock_hash: string }
  | { readonly event: 'bitcoinds-started'; readonly count: number; readonly version: string }
  | { readonly event: 'members-started'; readonly count: number }
  | { readonly event: 'members-ready'; readonly count: number }
  | { readonly event: 'vault-guarded'; readonly outpoint: string; readonly value_sats: number; readonly rungs_sat_vb: readonly number[] }
  | { readonly event: 'member-killed'; readonly member: number }
  | { readonly event: 'theft-submitted'; readonly txid: string; readonly sat_vb: number; readonly bitcoind: number }
  | { readonly event: 'block-mined'; readonly height: number; readonly hash: string; readonly bitcoind: number }
  | { readonly event: 'quorum-lost'; readonly by: number; readonly message: string }
  | { readonly event: 'story'; readonly line: StoryLine }

export type DemoEvent = Happening & { readonly at_ms: number }

/** Why there is no clawback. */
export type NoClawback = 'quorum-lost' | 'timed-out'

/** The last line of the stream. */
export interface Finish {
  readonly clawback_txid: string | null
  /** null where there is a clawback. */
  readonly reason: NoClawback | null
  readonly unvault_txid: string
  readonly rung_sat_vb: number | null
  readonly votes: number
  readonly members: number
  readonly quorum: number
  readonly confirmations: number
  /** To the first bitcoind that accepted the clawback: from the theft's submission, and from the first member's sight of it. */
  readonly theft_to_clawback_ms: number | null
  readonly first_seen_to_clawback_ms: number | null
}
