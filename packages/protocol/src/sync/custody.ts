/** Receipts of manifests, and members' word that an owner published them: a member that was down then activates by these. */
import { type Hasher, hashOf } from '../crypto/index.ts'
import { encodeWithdrawal } from '../custody/withdrawal.ts'
import { MAX_MANIFESTS_PER_VAULT, MAX_MEMBERS, MAX_VAULTS } from '../custody/limits.ts'
import { decodeFrame, encodeFrame } from '../messages/frame.ts'
import type { Heartbeat } from '../messages/heartbeat.ts'
import { MAX_PULL_MANIFESTS, type Pull } from '../messages/pull.ts'
import { type Hash32, type ManifestHash, type MemberIndex, s, sortedEntries } from '../primitives/index.ts'
import type { Durable, HeldManifest } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { type Topic, byTurns, inTurn, lackedOf } from './topic.ts'

type Asked = Pull['custody'][number]

export const custody: Topic<ManifestHash, Asked, Pick<Heartbeat, 'custody_digest'>> = {
  told: (turn) => ({ custody_digest: myCustodyDigest(turn) }),
  differing: (turn, { custody_digest }) =>
    custody_digest === myCustodyDigest(turn) ? [] : [...incomplete(turn), ...renewals(turn)].map(({ hash }) => hash),
  // Whatever else is asked for: it is short.
  asked: (turn, member) => {
    const peer = turn.volatile.peers.get(member)
    const isLevel = peer?.heartbeat?.custody_digest === myCustodyDigest(turn)
    const asked = isLevel ? incomplete(turn) : [...incomplete(turn), ...renewals(turn)]
    return inTurn(asked, peer?.pulled_manifests ?? 0, MAX_PULL_MANIFESTS).map(summarised)
  },
  lacking: (turn, asked, to) => {
    const byHash = new Map(asked.map((one) => [one.manifest_hash, one]))
    return byHash.size === 0 ? [] : byTurns(rowsOf(turn, byHash, to))
  },
  share: 96,
}

const summary = s.list(
  s.struct({
    manifest_hash: s.hex<ManifestHash>(32),
    receipts: s.list(s.memberIndex, MAX_MEMBERS),
    published: s.list(s.memberIndex, MAX_MEMBERS),
    taken_back: s.list(s.memberIndex, MAX_MEMBERS),
    let_be: s.list(s.memberIndex, MAX_MEMBERS),
    withdrawal: s.bool,
  }),
  MAX_VAULTS * MAX_MANIFESTS_PER_VAULT,
)

function summarised({ hash, receipts, published, taken_back, let_be, withdrawal }: HeldManifest): Asked {
  return {
    manifest_hash: hash,
    receipts: membersOf(receipts),
    published: membersOf(published),
    taken_back: membersOf(taken_back),
    let_be: membersOf(let_be),
    withdrawal: withdrawal !== null,
  }
}

function membersOf<T>(said: ReadonlyMap<MemberIndex, T>): MemberIndex[] {
  return sortedEntries(said).map(([member]) => member)
}

/** The manifests that I hold of which this is true, by hash. */
function manifestsOf({ vaults }: Durable, isOf: (held: HeldManifest) => boolean): HeldManifest[] {
  const found = [...vaults.values()].flatMap(({ manifests }) => manifests.filter(isOf))
  return found.toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
}

export function custodyDigest(hasher: Hasher, durable: Durable): Hash32 {
  return hashOf(hasher, 'digest', summary, manifestsOf(durable, () => true).map(compared)) as Hash32
}

/**
 * What changes nothing, or is not handed over, nobody asks for. Of a first generation words change nothing: one liar's would keep all
 * asking each other. Of one that its owner took back nobody hands over that it was published.
 */
function compared(held: HeldManifest): Asked {
  const { published, taken_back, ...asked } = summarised(held)
  return {
    ...asked,
    published: held.withdrawn || held.cancelled ? [] : published,
    taken_back: held.manifest.previous === null ? [] : taken_back,
  }
}

/** Mine, made again only when custody has changed: each heartbeat that comes is compared with it. */
export function myCustodyDigest({ ports, durable, volatile }: Turn): Hash32 {
  volatile.custody_digest ??= custodyDigest(ports, durable)
  return volatile.custody_digest
}

/** Manifests that I hold without the receipts of all members, or without the word of all that they are published. */
function incomplete({ config, durable }: Turn): HeldManifest[] {
  const count = config.federation.members.length
  return manifestsOf(durable, ({ receipts, published }) => receipts.size < count || published.size < count)
}

/** Of all others, those that may have been taken back without my knowledge. */
function renewals({ config, durable }: Turn): HeldManifest[] {
  const count = config.federation.members.length
  return manifestsOf(
    durable,
    ({ receipts, published, manifest }) => receipts.size >= count && published.size >= count && manifest.previous !== null,
  )
}

/** Goes through all manifests once, however many are asked for: a liar asks for such as nobody holds. */
function rowsOf({ durable }: Turn, asked: ReadonlyMap<ManifestHash, Asked>, to: MemberIndex): Iterable<Uint8Array>[] {
  const rows: Iterable<Uint8Array>[] = []
  for (const { manifests } of durable.vaults.values()) {
    for (const held of manifests) {
      const has = asked.get(held.hash)
      if (has) rows.push(framesOf(held, has, to))
    }
  }
  return rows
}

function* framesOf(held: HeldManifest, { receipts, published, taken_back, let_be, withdrawal }: Asked, to: MemberIndex): Iterable<Uint8Array> {
  // Words of what an owner took back come first, and show the withdrawal to whoever lacks it. The asker's own, too: its disk may have
  // lost them, and they are said once.
  const shown = held.withdrawal === null || withdrawal ? null : encodeWithdrawal(held.withdrawal)
  const has = shown === null ? taken_back : []
  for (const { frame } of lackedOf(held.taken_back, has, null)) yield encodeFrame({ ...decodeFrame(frame), attachment: shown })
  yield* lackedOf(held.let_be, let_be, null)
  yield* lackedOf(held.receipts, receipts, to)
  // What the owner took back since is not activated elsewhere by what was said before.
  if (!held.withdrawn && !held.cancelled) yield* lackedOf(held.published, published, to)
}
