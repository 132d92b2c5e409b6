import { derive, meaning, refuseOn } from '@belfry/client'
import { type ActAt, type ThresholdChoices, type Thresholds, checkThresholds, withDefaults } from '@belfry/client/regtest'
import { usageError } from '../errors.ts'

export const DEFAULT_MEMBERS = 5
/** A federation has no fewer. */
export const MIN_MEMBERS = 3
/** As many bitcoinds as one machine bears. */
export const MAX_MEMBERS = 15

/** As on the command line. */
export interface DemoOptions {
  readonly members: number
  readonly quorum?: number
  readonly actAt: ActAt
  readonly kill: number
  readonly keep?: boolean
}

export interface DemoSettings {
  readonly members: number
  readonly act_at: ActAt
  readonly kill: number
  readonly keep: boolean
  readonly choices: ThresholdChoices
  /** Members that a clawback needs: max(q, t). */
  readonly quorum: number
  /** "any 3 of 5 can claw back; …" */
  readonly meaning: string
}

/** @throws CliError usage; FederationError with the rule that the quorum breaks: nothing was started then */
export function settingsOf({ members, quorum, actAt, kill, keep = false }: DemoOptions): DemoSettings {
  if (kill > members) throw usageError(`--kill ${kill}: there are only ${members} members`, `Give at most ${members}.`)
  const both = quorum === undefined ? undefined : { q: quorum, t: quorum }
  const choices = both ? { clawback: both, emergency: both } : {}
  const thresholds: Thresholds = withDefaults(members, choices)
  refuseOn(checkThresholds(members, thresholds))
  const { q, t } = derive(members, thresholds.b, thresholds.clawback)
  return { members, act_at: actAt, kill, keep, choices, quorum: Math.max(q, t), meaning: meaning(members, thresholds.clawback) }
}
