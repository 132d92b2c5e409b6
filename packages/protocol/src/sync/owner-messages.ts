/**
 * What owners and guardians said, spread without relying on gossip: heartbeats name vaults with a digest of it, and whoever
 * differs pulls. One table of the kinds there are; a kind that joins says here what it holds and how it is handed on.
 */
import { hashOf } from '../crypto/index.ts'
import { decodeFrame, encodeFrame } from '../messages/frame.ts'
import { type Heartbeat, MAX_HEARTBEAT_VAULTS } from '../messages/heartbeat.ts'
import { type HeldOwnerMessage, MAX_PULL_VAULTS, type Pull, heldOwnerMessage } from '../messages/pull.ts'
import { encodeSignedCommand } from '../owner/command.ts'
import { isOutlived } from '../owner/forgetting.ts'
import { MAX_COMMANDS_PER_VAULT } from '../owner/limits.ts'
import { type Hash32, type Height, type MemberIndex, type VaultId, s, sortedEntries } from '../primitives/index.ts'
import type { HeldCommand } from '../state/commands.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { type Topic, byTurns, digestOnce, inTurn, lackedOf } from './topic.ts'

type Asked = Pull['owner_messages'][number]

type Commanded = Pick<Vault, 'commands'>

interface OwnerMessages {
  /** What I took, and so speak of: of that which others will not take any more, nothing. Cheap, for it is asked of every vault. */
  readonly spokenOf: (vault: Commanded, tip: Height) => Hash32[]
  /** That and what I have not taken: of this, too, nobody need send me what I have. */
  readonly known: (vault: Commanded) => HeldOwnerMessage[]
  /** Frames of one message that are lacking there, what hands it over first. */
  readonly lacking: (vault: Commanded, id: Hash32, has: HeldOwnerMessage | undefined, to: MemberIndex) => Iterable<Uint8Array>
}

const commands: OwnerMessages = {
  spokenOf: ({ commands }, tip) =>
    [...commands].flatMap(([id, { taken_height, command }]) => (taken_height !== null && !isOutlived(tip, command) ? [id] : [])).toSorted(),
  known: (vault) => sortedEntries(vault.commands).map(summarised),
  lacking: function* (vault, id, has, to) {
    const held = vault.commands.get(id)
    if (!held) return
    const notices = lackedOf(held.notices, has?.notices ?? [], to)
    // Most of what is asked about is not lacking.
    const attachment = notices.length === 0 ? null : encodeSignedCommand(held.signed)
    for (const { frame } of notices) yield encodeFrame({ ...decodeFrame(frame), attachment })
    yield* lackedOf(held.reports, has?.reports ?? [], to)
  },
}

function summarised([id, { notices, reports }]: [Hash32, HeldCommand]): HeldOwnerMessage {
  return { id, notices: membersOf(notices), reports: membersOf(reports) }
}

const KINDS: readonly OwnerMessages[] = [commands]

export const ownerMessages: Topic<VaultId, Asked, Pick<Heartbeat, 'owner_messages'>> = {
  told,
  differing: (turn, heartbeat) => {
    const others = heartbeat.owner_messages.filter(
      ({ vault_id, digest }) => commandedOf(turn, vault_id) !== undefined && myDigest(turn, vault_id) !== digest,
    )
    return [...new Set(others.map(({ vault_id }) => vault_id))]
  },
  asked: (turn, member, wanted) =>
    inTurn(wanted, turn.volatile.peers.get(member)?.pulled_vaults ?? 0, MAX_PULL_VAULTS).flatMap((vault_id) => {
      const vault = commandedOf(turn, vault_id)
      return vault ? [{ vault_id, held: KINDS.flatMap(({ known }) => known(vault)) }] : []
    }),
  lacking: (turn, asked, to) => {
    const byVault = new Map(asked.map(({ vault_id, held }) => [vault_id, held]))
    return byTurns([...byVault].flatMap(([vault_id, held]) => lackingOf(turn, vault_id, held, to)))
  },
  share: 160,
}

/** What owners said of a vault; of one that I have forgotten, that they ordered it, until all members say that they did so. */
function commandedOf({ durable, config }: Turn, vault_id: VaultId): Commanded | undefined {
  const vault = durable.vaults.get(vault_id)
  const destroyed = vault ? undefined : durable.destroyed.get(vault_id)
  if (!destroyed || destroyed.command.notices.size >= config.federation.members.length) return vault
  return { commands: new Map([[destroyed.command_hash, destroyed.command]]) }
}

function membersOf(said: ReadonlyMap<MemberIndex, unknown>): MemberIndex[] {
  return [...said.keys()].toSorted((a, b) => a - b)
}

/** What I speak of, with what was said of it. */
function heldOf(vault: Commanded, tip: Height): HeldOwnerMessage[] {
  return KINDS.flatMap(({ spokenOf, known }) => {
    const spoken = new Set(spokenOf(vault, tip))
    return spoken.size === 0 ? [] : known(vault).filter(({ id }) => spoken.has(id))
  })
}

const summary = s.list(heldOwnerMessage, MAX_COMMANDS_PER_VAULT)

/** Null where I hold no such vault, or nothing was said of it. */
function myDigest(turn: Turn, vault_id: VaultId): Hash32 | null {
  return digestOnce(turn, `vault/${vault_id}`, () => {
    const vault = commandedOf(turn, vault_id)
    const held = vault ? heldOf(vault, turn.tip) : []
    return held.length === 0 ? null : (hashOf(turn.ports, 'digest', summary, held) as Hash32)
  })
}

/** Vaults of which there is something to speak of. */
export function vaultsSpokenOf(turn: Turn): VaultId[] {
  const { vaults, destroyed } = turn.durable
  const isSpokenOf = (vault_id: VaultId): boolean => {
    const vault = commandedOf(turn, vault_id)
    return vault !== undefined && KINDS.some(({ spokenOf }) => spokenOf(vault, turn.tip).length > 0)
  }
  return [...new Set([...vaults.keys(), ...destroyed.keys()])].filter(isSpokenOf).toSorted()
}

function told(turn: Turn): Pick<Heartbeat, 'owner_messages'> {
  const { volatile } = turn
  const spoken = vaultsSpokenOf(turn)
  const named = inTurn(spoken, volatile.heartbeat_vaults_turn, MAX_HEARTBEAT_VAULTS)
  volatile.heartbeat_vaults_turn = spoken.length > MAX_HEARTBEAT_VAULTS ? volatile.heartbeat_vaults_turn + MAX_HEARTBEAT_VAULTS : 0
  return {
    owner_messages: named.flatMap((vault_id) => {
      const digest = myDigest(turn, vault_id)
      return digest === null ? [] : [{ vault_id, digest }]
    }),
  }
}

/** One row for each message: what the asker will not take, and so asks for again and again, hides none of the others. */
function lackingOf(turn: Turn, vault_id: VaultId, has: readonly HeldOwnerMessage[], to: MemberIndex): Iterable<Uint8Array>[] {
  const vault = commandedOf(turn, vault_id)
  if (!vault) return []
  const theirs = new Map(has.map((one) => [one.id, one]))
  return KINDS.flatMap(({ spokenOf, lacking }) => spokenOf(vault, turn.tip).map((id) => lacking(vault, id, theirs.get(id), to)))
}
