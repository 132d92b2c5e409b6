/** Options that choose thresholds and timing, the same for a first definition and for a change. */
import type { Millis, ThresholdChoices, Timing } from '@belfry/client'
import type { Option } from 'commander'
import { integer, option } from '../../command.ts'

export interface ThresholdOptions {
  readonly quorum?: number
  readonly successionQuorum?: number
  readonly liars?: number
  readonly acceptNoSpareMember?: boolean
  readonly heartbeatMs?: number
}

export function thresholdOptions(): Option[] {
  return [
    integer('--quorum <count>', 'votes and shares that clawback and emergency need', 1, 64),
    integer('--succession-quorum <count>', 'votes and shares that succession needs', 1, 64),
    integer('--liars <count>', 'lying members to be safe against', 0, 64),
    option('--accept-no-spare-member', 'allow thresholds that need every member to be up'),
    integer('--heartbeat-ms <ms>', 'how often members speak', 100, 60_000),
  ]
}

export function choicesOf({ quorum, successionQuorum, liars, acceptNoSpareMember }: ThresholdOptions): ThresholdChoices {
  const both = quorum === undefined ? undefined : { q: quorum, t: quorum }
  const succession = successionQuorum === undefined ? undefined : { q: successionQuorum, t: successionQuorum }
  return {
    ...(liars === undefined ? {} : { b: liars }),
    ...(both ? { clawback: both, emergency: both } : {}),
    ...(succession ? { succession } : {}),
    ...(acceptNoSpareMember === undefined ? {} : { accept_no_spare_member: acceptNoSpareMember }),
  }
}

export function timingOf({ heartbeatMs }: ThresholdOptions): Partial<Timing> {
  return heartbeatMs === undefined ? {} : { heartbeat_ms: heartbeatMs as Millis }
}
