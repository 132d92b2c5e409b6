/** What the core's state shows: the chain, the members, vaults and incidents, and why this node is not ready. */
import type { State } from '@belfry/protocol'
import type { Registry } from 'prom-client'
import {
  INCIDENT_STATUSES,
  PEER_LIVES,
  READINESS_REASONS,
  type ShellHealth,
  VAULT_STATES,
  countsOf,
  peersView,
  readiness,
} from '../views/index.ts'
import { type Sample, byName, counterOf, gaugeOf } from './families.ts'

const MS_PER_SECOND = 1_000

export function stateMetrics(registry: Registry): (state: State, shell: ShellHealth) => void {
  const setAll = [readinessMetrics(registry), chainMetrics(registry), custodyMetrics(registry), memberMetrics(registry)]
  return (state, shell) => {
    for (const set of setAll) set(state, shell)
  }
}

function readinessMetrics(registry: Registry) {
  const ready = gaugeOf(registry, {
    name: 'belfry_ready',
    help: '1 while this node could play its part in an incident.',
  })
  const reasons = gaugeOf(registry, {
    name: 'belfry_unready_reason',
    help: '1 for each reason why this node is not ready, 0 for the others.',
    labels: ['reason'],
  })
  return (state: State, shell: ShellHealth): void => {
    const found = readiness(state, shell)
    const present = new Set<string>(found.reasons.map(({ reason }) => reason))
    ready([[found.ready ? 1 : 0]])
    reasons(READINESS_REASONS.map((reason) => [present.has(reason) ? 1 : 0, reason]))
  }
}

const CHAIN_STATES = [
  'ok',
  'syncing',
  'unreachable',
  'wrong-chain',
] as const satisfies readonly State['volatile']['chain'][]

function chainMetrics(registry: Registry) {
  const tip = gaugeOf(registry, {
    name: 'belfry_tip_height_blocks',
    help: 'The block that this node has followed the chain to.',
  })
  const chain = gaugeOf(registry, {
    name: 'belfry_chain_state',
    help: '1 for how bitcoind answers now.',
    labels: ['state'],
  })
  const floor = gaugeOf(registry, {
    name: 'belfry_mempool_floor_sat_per_kvb',
    help: 'Below this feerate bitcoind takes nothing into its mempool now.',
  })
  return ({ durable, volatile }: State): void => {
    tip(durable.position ? [[durable.position.height]] : [])
    chain(CHAIN_STATES.map((state) => [volatile.chain === state ? 1 : 0, state]))
    floor([[volatile.mempool_floor]])
  }
}

function custodyMetrics(registry: Registry) {
  const vaults = gaugeOf(registry, {
    name: 'belfry_vaults',
    help: 'Vaults by the state of the manifest that counts.',
    labels: ['state'],
  })
  const isProtected = gaugeOf(registry, {
    name: 'belfry_vaults_protected',
    help: 'Vaults that enough members hold for recovery to work even if b of them lie.',
  })
  const exposed = gaugeOf(registry, {
    name: 'belfry_vaults_exposed',
    help: 'Vaults of which a recovery transaction may be known outside although it did not confirm.',
  })
  const incidents = gaugeOf(registry, {
    name: 'belfry_incidents',
    help: 'Incidents by where they stand.',
    labels: ['status'],
  })
  const evidence = gaugeOf(registry, {
    name: 'belfry_evidence_pieces',
    help: 'Pairs of conflicting signed messages held against members.',
  })
  const ledger = gaugeOf(registry, { name: 'belfry_ledger_entries', help: 'Slots that this member signed for.' })
  return (state: State): void => {
    const counts = countsOf(state)
    vaults(VAULT_STATES.map((one) => [counts.vaults[one], one]))
    isProtected([[counts.vaults.protected]])
    exposed([[counts.vaults.exposed]])
    incidents(INCIDENT_STATUSES.map((status) => [counts.incidents[status], status]))
    evidence([[counts.evidence]])
    ledger([[state.durable.ledger.size]])
  }
}

function memberMetrics(registry: Registry) {
  const info = gaugeOf(registry, {
    name: 'belfry_member_info',
    help: 'Always 1: the name of each member by its index, and which one this node is.',
    labels: ['member', 'name', 'self'],
  })
  const lives = gaugeOf(registry, {
    name: 'belfry_peers',
    help: 'The other members by how they are.',
    labels: ['life'],
  })
  const connected = gaugeOf(registry, {
    name: 'belfry_peer_connected',
    help: '1 while there is a connection to this member.',
    labels: ['member'],
  })
  const heard = gaugeOf(registry, {
    name: 'belfry_peer_heard_timestamp_seconds',
    help: 'When this member was last heard, in Unix time; nothing where it never was.',
    labels: ['member'],
  })
  const tip = gaugeOf(registry, {
    name: 'belfry_peer_tip_height_blocks',
    help: 'The tip that this member last told.',
    labels: ['member'],
  })
  const badShares = counterOf(registry, {
    name: 'belfry_peer_bad_shares_total',
    help: 'Shares of this member that did not match what was committed to.',
    labels: ['member'],
  })
  return (state: State): void => {
    const members = peersView(state)
    const others = members.filter(({ self }) => !self)
    info(members.map(({ member, self }) => [1, String(member.index), member.name, String(self)]))
    lives(
      byName(Object.fromEntries(PEER_LIVES.map((life) => [life, others.filter((one) => one.life === life).length]))),
    )
    const each = (value: (peer: (typeof others)[number]) => number | null): Sample[] =>
      others.flatMap((peer) => {
        const found = value(peer)
        return found === null ? [] : [[found, String(peer.member.index)] as const]
      })
    connected(each((peer) => (peer.connected ? 1 : 0)))
    heard(each((peer) => (peer.last_heard_at === null ? null : Date.parse(peer.last_heard_at) / MS_PER_SECOND)))
    tip(each((peer) => peer.tip?.height ?? null))
    badShares(each((peer) => peer.bad_shares))
  }
}
