/**
 * What owners and guardians said, spread without relying on gossip: heartbeats name vaults with a digest of it, and whoever
 * differs pulls. One table of the kinds there are; a kind that joins says here what it holds and how it is handed on.
 */
import { type Hasher, hashOf } from '../crypto/index.ts'
import { decodeFrame, encodeFrame } from '../messages/frame.ts'
import { type HeldOwnerMessage, heldOwnerMessage } from '../messages/pull.ts'
import { encodeSignedCommand } from '../owner/command.ts'
import { isOutlived } from '../owner/forgetting.ts'
import { MAX_COMMANDS_PER_VAULT } from '../owner/limits.ts'
import { type Hash32, type Height, type MemberIndex, type VaultId, s, sortedEntries } from '../primitives/index.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'

interface OwnerMessages {
  /** What I took, and so speak of: of that which others will not take any more, nothing. */
  readonly held: (vault: Vault, tip: Height) => HeldOwnerMessage[]
  /** Frames of one message that are lacking there, what hands it over first. */
  readonly lacking: (vault: Vault, id: Hash32, has: HeldOwnerMessage | undefined, to: MemberIndex) => Uint8Array[]
}

const commands: OwnerMessages = {
  held: (vault, tip) =>
    sortedEntries(vault.commands)
      .filter(([, { taken_height, command }]) => taken_height !== null && !isOutlived(tip, command))
      .map(([id, { notices, reports }]) => ({ id, notices: membersOf(notices), reports: membersOf(reports) })),
  lacking: (vault, id, has, to) => {
    const held = vault.commands.get(id)
    if (!held) return []
    const attachment = encodeSignedCommand(held.signed)
    const isLacking =
      (list: readonly MemberIndex[] | undefined) =>
      ([member]: [MemberIndex, unknown]): boolean =>
        member !== to && !list?.includes(member)
    const notices = sortedEntries(held.notices)
      .filter(isLacking(has?.notices))
      .map(([, { frame }]) => encodeFrame({ ...decodeFrame(frame), attachment }))
    const reports = sortedEntries(held.reports)
      .filter(isLacking(has?.reports))
      .map(([, frame]) => frame)
    return [...notices, ...reports]
  },
}

const KINDS: readonly OwnerMessages[] = [commands]

function membersOf(said: ReadonlyMap<MemberIndex, unknown>): MemberIndex[] {
  return [...said.keys()].toSorted((a, b) => a - b)
}

export function heldOf(vault: Vault, tip: Height): HeldOwnerMessage[] {
  return KINDS.flatMap(({ held }) => held(vault, tip))
}

const summary = s.list(heldOwnerMessage, MAX_COMMANDS_PER_VAULT)

/** Null where there is nothing to speak of. */
export function ownerDigest(hasher: Hasher, vault: Vault, tip: Height): Hash32 | null {
  const held = heldOf(vault, tip)
  return held.length === 0 ? null : (hashOf(hasher, 'digest', summary, held) as Hash32)
}

/** Vaults of which there is something to speak of. */
export function vaultsSpokenOf({ durable, tip }: Turn): VaultId[] {
  const spokenOf: VaultId[] = []
  for (const [vault_id, vault] of durable.vaults) if (vault.commands.size > 0 && heldOf(vault, tip).length > 0) spokenOf.push(vault_id)
  return spokenOf.toSorted()
}

/** Everything of a vault that `to` lacks. */
export function lackingFrames(turn: Turn, vault_id: VaultId, has: readonly HeldOwnerMessage[], to: MemberIndex): Uint8Array[] {
  const vault = turn.durable.vaults.get(vault_id)
  if (!vault) return []
  const theirs = new Map(has.map((one) => [one.id, one]))
  return KINDS.flatMap(({ held, lacking }) => held(vault, turn.tip).flatMap(({ id }) => lacking(vault, id, theirs.get(id), to)))
}
