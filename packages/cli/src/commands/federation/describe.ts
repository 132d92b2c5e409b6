/** A federation in words, the same wherever it is shown. */
import { ACTIONS, type Definition, type Lock, derive, meaning } from '@belfry/client'
import { type JsonObject, type Style, count, list, table, utc } from '../../output/index.ts'

export function definitionJson(definition: Definition): JsonObject {
  const { name, network, members, thresholds, timing, created_at, definition_hash } = definition
  const n = members.length
  const actions = ACTIONS.map((action) => {
    const { q, t, d, protected: isProtected } = derive(n, thresholds.b, thresholds[action])
    return [action, { q, t, d, protected: isProtected, meaning: meaning(n, thresholds[action], action) }] as const
  })
  return {
    name,
    network,
    definition_hash,
    created_at: new Date(created_at).toISOString(),
    members: members.map(({ index, name, peer_id, addresses }) => ({ index, name, peer_id, addresses })),
    b: thresholds.b,
    actions: Object.fromEntries(actions),
    timing: { ...timing },
  }
}

export function lockJson({ definition, lock_hash, epoch, previous_lock_hash, consents }: Lock): JsonObject {
  return {
    ...definitionJson(definition),
    lock_hash,
    epoch,
    previous_lock_hash,
    consents: consents.map(({ index }) => index),
  }
}

/** Of one action; votes and shares apart where they differ. */
export function meaningOf({ members, thresholds }: Definition, action: (typeof ACTIONS)[number]): string {
  const { q, t } = thresholds[action]
  const words = meaning(members.length, thresholds[action], action)
  return q === t ? words : `${words}; ${q} vote, ${t} give shares`
}

export function liarsOf({ thresholds: { b } }: Definition): string {
  return `safe against ${count(b, 'lying member')}`
}

export function timingOf({ timing }: Definition): string {
  return `heartbeats every ${timing.heartbeat_ms / 1000} s; a silent member is suspect after ${timing.suspect_periods} and dead after ${timing.dead_periods} of them`
}

/** What a member must understand before it signs. */
export function describeDefinition(definition: Definition, style: Style): string[] {
  const { name, network, members, thresholds, created_at } = definition
  const n = members.length
  const clawback = derive(n, thresholds.b, thresholds.clawback)
  return [
    `Federation ${style('bold', name)} on ${network}: ${count(n, 'member')}, defined ${utc(created_at)}.`,
    '',
    ...list(ACTIONS.map((action) => [`  ${action}`, meaningOf(definition, action)])),
    `  It is ${liarsOf(definition)}. A vault is protected once ${clawback.protected} of ${n} members hold it.`,
    `  H${timingOf(definition).slice(1)}.`,
    '',
    ...table(
      members.map(({ index, name, peer_id, addresses }) => [
        `  ${index}`,
        name,
        peer_id,
        addresses.length === 0 ? '(dials the others)' : addresses.join(' '),
      ]),
    ),
  ]
}
