/** Whether this node could play its part in an incident now, and if not, why not and what to do. */
import { ACTION_OF, type Federation, type QuarantineReason, type State, isLost, standingOf } from '@belfry/protocol'
import type { LoopStatus } from '@belfry/runtime'
import type { Unseen } from '../chain/index.ts'
import { type MemberName, listed, named } from './named.ts'

export const READINESS_REASONS = [
  'starting',
  'loop-failed',
  'chain-watcher-ended',
  'bitcoind-unreachable',
  'bitcoind-syncing',
  'wrong-chain',
  'chain-not-reached',
  'quorum-lost',
  'asking',
  'quarantined',
] as const
export type ReadinessReason = (typeof READINESS_REASONS)[number]

export interface Unready {
  readonly reason: ReadinessReason
  /** One sentence. */
  readonly message: string
  readonly remedy: string
}

export interface Readiness {
  readonly ready: boolean
  readonly reasons: readonly Unready[]
}

/** What the shell knows of itself. */
export interface ShellHealth {
  readonly loop: LoopStatus
  readonly chain_watcher: 'running' | 'ended'
  /** Whether the block scanner has been exercised, so that the first block takes no longer than later ones. */
  readonly is_warm: boolean
  /** Blocks that bitcoind had pruned before they were read; null where all were read. */
  readonly unseen: Unseen | null
}

/** One epoch that this node serves. */
export interface EpochSource {
  readonly state: State
  readonly shell: ShellHealth
}

export function readiness(state: State, shell: ShellHealth): Readiness {
  const reasons = [...loopReasons(state, shell), ...chainReasons(state, shell), ...quorumReasons(state), ...standingReasons(state)]
  return { ready: reasons.length === 0, reasons }
}

/**
 * Of a node that serves several epochs. That members are missing in an older one is no reason to take this node for unwell: some
 * have left, and the vaults move. The status says it.
 */
export function nodeReadiness(newest: EpochSource, older: readonly EpochSource[]): Readiness {
  const { reasons } = readiness(newest.state, newest.shell)
  const all = new Map(reasons.map((one) => [one.reason, one]))
  for (const { state, shell } of older) {
    for (const one of readiness(state, shell).reasons) {
      if (one.reason !== 'quorum-lost' && !all.has(one.reason)) all.set(one.reason, one)
    }
  }
  return { ready: all.size === 0, reasons: [...all.values()] }
}

function loopReasons(state: State, { loop, is_warm }: ShellHealth): Unready[] {
  if (loop !== 'running') {
    return [
      {
        reason: 'loop-failed',
        message:
          loop === 'failed'
            ? 'This node can no longer store what it decides, and does nothing.'
            : 'This node is stopping.',
        remedy:
          loop === 'failed'
            ? 'Look for node-failed in the log; its remedy says what to do before the next start.'
            : 'Start it again.',
      },
    ]
  }
  if (state.volatile.started_at !== null && is_warm) return []
  return [{ reason: 'starting', message: 'This node is starting.', remedy: 'Wait some seconds.' }]
}

function chainReasons({ durable, volatile }: State, { chain_watcher }: ShellHealth): Unready[] {
  if (chain_watcher === 'ended') {
    return [
      {
        reason: 'chain-watcher-ended',
        message: 'This node no longer follows the chain.',
        remedy: 'Look for node-failed in the log, and start the node again.',
      },
    ]
  }
  switch (volatile.chain) {
    case 'unreachable':
      return [
        {
          reason: 'bitcoind-unreachable',
          message: 'bitcoind does not answer.',
          remedy:
            'Start bitcoind, or correct bitcoind.host, bitcoind.rpc_port and the cookie file in the configuration.',
        },
      ]
    case 'wrong-chain':
      return [
        {
          reason: 'wrong-chain',
          message: 'bitcoind follows another chain than the one that this federation or this node has followed.',
          remedy: "Point the configuration at a bitcoind of the federation's network.",
        },
      ]
    case 'syncing':
      return [
        {
          reason: 'bitcoind-syncing',
          message: 'bitcoind has not caught up with the chain.',
          remedy: 'Wait until it has; watch `bitcoin-cli getblockchaininfo`.',
        },
      ]
    case 'ok':
      if (durable.position !== null) return []
      return [
        {
          reason: 'chain-not-reached',
          message: 'No block has been taken from bitcoind yet.',
          remedy: 'Wait some seconds; if it stays so, look for chain-not-followed in the log.',
        },
      ]
  }
}

const DOUBTS: Readonly<Record<QuarantineReason, string>> = {
  'second-instance': 'somebody else signs with the key of this node',
  'unknown-statement': 'other members hold something that this node signed and does not know of',
  restored: 'its data directory was put back from a copy',
}

function standingReasons(state: State): Unready[] {
  const { quarantine } = state.durable
  if (quarantine !== null) {
    return [
      {
        reason: 'quarantined',
        message: `This node is in quarantine, and votes on nothing: ${DOUBTS[quarantine.reason]}.`,
        remedy:
          'Make sure that no other node runs with this key; then stop this one, look at belfry ledger show, and take over what it shows with belfry ledger adopt.',
      },
    ]
  }
  if (state.volatile.started_at === null || standingOf(state) !== 'starting') return []
  return [
    {
      reason: 'asking',
      message: 'This node asks the others what it missed, and votes once they have answered.',
      remedy: 'Wait some seconds; without answers it goes on after twice the time that makes a member dead.',
    },
  ]
}

type ActionInUse = Exclude<(typeof ACTION_OF)[keyof typeof ACTION_OF], 'drill'>
/** The actions that a trigger can call for; a drill needs as many members as the clawback that it rehearses. */
const ACTIONS_IN_USE = [...new Set(Object.values(ACTION_OF))].filter((action): action is ActionInUse => action !== 'drill')
const DEEDS = { clawback: 'claw back', emergency: 'send the emergency recovery' } as const satisfies Record<
  ActionInUse,
  string
>

/** A peer not yet heard of counts as living until it has been silent for as long as a dead one. */
function quorumReasons({ config: { federation, self }, volatile }: State): Unready[] {
  const dead: MemberName[] = federation.members
    .filter(({ index }) => index !== self && isLost(volatile.peers.get(index)))
    .map(({ index }) => named(federation, index))
  const living = federation.members.length - dead.length
  const lost = ACTIONS_IN_USE.filter((action) => living < neededFor(federation.thresholds[action]))
  if (lost.length === 0) return []
  const alive = `Only ${living} of ${federation.members.length} members are alive`
  return [
    {
      reason: 'quorum-lost',
      message: `${alive}, ${needs(lost, federation)}: nothing is heard of ${listed(dead)}.`,
      remedy: 'Ask the operators of the silent members to start their nodes, and check the network between you.',
    },
  ]
}

/** `3 are needed to claw back or send the emergency recovery`, in one part for each number. */
function needs(actions: readonly ActionInUse[], { thresholds }: Federation): string {
  const numbers = [...new Set(actions.map((action) => neededFor(thresholds[action])))]
  const parts = numbers.map((number) => {
    const deeds = actions.filter((action) => neededFor(thresholds[action]) === number).map((action) => DEEDS[action])
    return `${number} are needed to ${deeds.join(' or ')}`
  })
  return parts.join(' and ')
}

function neededFor({ q, t }: { q: number; t: number }): number {
  return Math.max(q, t)
}
