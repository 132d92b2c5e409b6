/**
 * How much every map and list of a durable state may hold. Encoding a state asks that of its schema, but costs as much as hundreds of
 * events. What is in an entry came in a record and fits where that was encoded: by an entry too many is how a state overruns.
 */
import {
  type Durable,
  type HeldCommand,
  type HeldManifest,
  type Incident,
  MAX_BROADCASTS,
  MAX_COMMANDS_PER_VAULT,
  MAX_DESTROYED,
  MAX_ENVELOPES,
  MAX_EVIDENCE,
  MAX_FOREIGN,
  MAX_INCIDENTS,
  MAX_LEDGER,
  MAX_MANIFESTS_PER_VAULT,
  MAX_MEMBERS,
  MAX_OWNER_KEYS,
  MAX_RECENT_BLOCKS,
  MAX_STORY,
  MAX_TOMBSTONES,
  MAX_UNVAULTS,
  MAX_VAULTS,
  type Quarantine,
  type Vault,
} from '@belfry/protocol'

type Held = { readonly size: number } | readonly unknown[]

/** Of each map and list among its fields: a new one does not compile before somebody says here how much it may hold. */
type LimitsOf<T> = { readonly [K in keyof T as NonNullable<T[K]> extends Held ? K : never]: number }
type Listed<T> = readonly (readonly [name: keyof T, limit: number])[]

function listed<T>(limits: LimitsOf<T>): Listed<T> {
  return Object.entries<number>(limits).map(([name, limit]) => [name as keyof T, limit])
}

const DURABLE = listed<Durable>({
  recent: MAX_RECENT_BLOCKS,
  vaults: MAX_VAULTS,
  incidents: MAX_INCIDENTS,
  destroyed: MAX_DESTROYED,
  ledger: MAX_LEDGER,
  tombstones: MAX_TOMBSTONES,
  evidence: MAX_EVIDENCE,
})
const QUARANTINE = listed<Quarantine>({ statements: MAX_FOREIGN })
const VAULT = listed<Vault>({
  manifests: MAX_MANIFESTS_PER_VAULT,
  coins: 1 + MAX_UNVAULTS * MAX_MANIFESTS_PER_VAULT,
  commands: MAX_COMMANDS_PER_VAULT,
})
const MANIFEST = listed<HeldManifest>({
  envelopes: MAX_ENVELOPES,
  shares: MAX_ENVELOPES,
  receipts: MAX_MEMBERS,
  published: MAX_MEMBERS,
  withdrawal: MAX_OWNER_KEYS,
  taken_back: MAX_MEMBERS,
  let_be: MAX_MEMBERS,
})
const COMMAND = listed<HeldCommand>({ notices: MAX_MEMBERS, reports: MAX_MEMBERS })
const INCIDENT = listed<Incident>({
  votes: MAX_MEMBERS,
  released: MAX_ENVELOPES * MAX_MANIFESTS_PER_VAULT,
  broadcasts: MAX_BROADCASTS,
  broadcast_receipts: MAX_MEMBERS,
  story: MAX_STORY,
})

/** What holds more than it may; null where nothing does. */
export function overrunOf(durable: Durable): string | null {
  const { quarantine, vaults, destroyed, incidents } = durable
  let found = overrunIn(durable, DURABLE) ?? (quarantine && overrunIn(quarantine, QUARANTINE))
  for (const vault of vaults.values()) {
    found ??= overrunIn(vault, VAULT)
    for (const manifest of vault.manifests) found ??= overrunIn(manifest, MANIFEST)
    for (const command of vault.commands.values()) found ??= overrunIn(command, COMMAND)
  }
  for (const { command } of destroyed.values()) found ??= overrunIn(command, COMMAND)
  for (const incident of incidents.values()) found ??= overrunIn(incident, INCIDENT)
  return found
}

function overrunIn<T>(value: T, limits: Listed<T>): string | null {
  for (const [name, limit] of limits) {
    const held = value[name] as Held | null
    const size = held === null ? 0 : sizeOf(held)
    if (size > limit) return `${String(name)} holds ${size}, at most ${limit} may be`
  }
  return null
}

function sizeOf(held: Held): number {
  return 'size' in held ? held.size : held.length
}
