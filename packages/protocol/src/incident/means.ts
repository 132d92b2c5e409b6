/**
 * The means that take fee coins: A, which a coin joins, and P, whose child pays. They come after the ladder, for with them others
 * can interfere: whoever sees an A can join it with junk, and anyone can spend P's anchor.
 */
import type { BumpMeans } from '../core/effects.ts'
import { type Rung, type Unvault, unvaultOutpoint } from '../custody/manifest.ts'
import type { Feerate, Height } from '../primitives/index.ts'
import { type Coin, UNSPENT } from '../state/coins.ts'
import type { HeldManifest, Incident, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { ACTION_ON } from './answers.ts'
import { scaledBlocks } from './deadline.ts'
import { type Ladder, laddersDue } from './due.ts'
import { recoveryBy } from './recovery.ts'
import { type Standing, unvaultsNamed } from './trigger.ts'

export interface Means {
  readonly kind: BumpMeans
  readonly rung: Rung
}

/** A means that is released now, with the ladder that it comes after. */
export interface DueMeans extends Means {
  readonly held: HeldManifest
  readonly ladder: readonly Rung[]
}

/** Blocks for which the top rung has had its chance. */
export const SITTING_BLOCKS = 2
/** Blocks of a window of 144 for which the first means has had its. */
const MEANS_BLOCKS = 6
/** From here a rung takes the place of an A that somebody has joined with junk. */
const SAFE_RUNG = 1_000_000 as Feerate

/** In the order in which they are released: P first, but where the ladder reaches 1,000 sat/vB A. */
export function meansOf({ clawback, anyone_can_pay, anchored }: Pick<Unvault, 'clawback' | 'anyone_can_pay' | 'anchored'>): Means[] {
  const a: Means[] = anyone_can_pay ? [{ kind: 'anyone-can-pay', rung: anyone_can_pay }] : []
  const p: Means[] = anchored ? [{ kind: 'anchored', rung: anchored }] : []
  return clawback.some(({ feerate }) => feerate >= SAFE_RUNG) ? [...a, ...p] : [...p, ...a]
}

/** How long one means is tried before the next: in a short window two blocks at least. */
export function meansBlocks(csv: number): number {
  return Math.max(SITTING_BLOCKS, scaledBlocks(MEANS_BLOCKS, csv))
}

/**
 * Those released now: none while U is unconfirmed, for P's child would be a third generation (TRUC), and nothing presses then.
 * What has left once stays due.
 */
export function meansDue(turn: Turn, vault: Vault, incident: Incident, standing: Standing): DueMeans[] {
  if (incident.trigger !== 'theft' || standing.block === null) return []
  const named = unvaultsNamed(vault, standing.tx.txid)
  // Asked with every vote and share: most vaults have none.
  if (!named.some(({ unvault }) => unvault.anyone_can_pay ?? unvault.anchored)) return []
  return laddersDue(turn, vault, incident, standing).flatMap((ladder) => {
    const unvault = named.find(({ held }) => held.hash === ladder.held.hash)?.unvault
    if (!unvault) return []
    const { held, rungs } = ladder
    return releasedOf(turn, vault, incident, ladder, unvault).map(({ kind, rung }) => ({ kind, rung, held, ladder: rungs }))
  })
}

function releasedOf(turn: Turn, vault: Vault, { released }: Incident, ladder: Ladder, unvault: Unvault): Means[] {
  const [first, second] = meansOf(unvault)
  if (!first) return []
  const outpoint = unvaultOutpoint(unvault)
  const target = vault.coins.get(outpoint) ?? UNSPENT
  const standing = target.mempool && recoveryBy(vault, outpoint, target.mempool)
  const isOut = ({ rung }: Means): boolean =>
    released.has(rung.envelope_id) || standing?.rung.envelope_id === rung.envelope_id
  const isTaken = target.confirmed !== null
  const due = isOut(first) || (!isTaken && hadItsChance(turn, released, ladder, target, standing !== null)) ? [first] : []
  if (!second) return due
  const since = released.get(first.rung.envelope_id)
  const isFirstSpent = since !== undefined && turn.tip >= since + meansBlocks(ladder.held.manifest.csv)
  return isOut(second) || (!isTaken && isFirstSpent) ? [...due, second] : due
}

/**
 * The top rung was released and has sat in my mempool for two blocks; or two blocks ago, and my bitcoind does not take it, for it
 * pays too little or what is in its way is not ours. A rung that its dealer spoilt counts for nothing: then it is the next below.
 */
function hadItsChance(turn: Turn, released: ReadonlyMap<string, Height>, ladder: Ladder, target: Coin, isOurs: boolean): boolean {
  if (ladder.due < ladder.rungs.length - 1) return false
  const top = ladder.rungs.findLast(({ envelope_id }) => !isSpoilt(turn, envelope_id)) ?? ladder.rungs.at(-1)
  const opened = top && released.get(top.envelope_id)
  if (!top || opened === undefined || turn.tip < opened + SITTING_BLOCKS) return false
  if (target.mempool?.txid === top.txid) return target.since !== null && turn.tip >= target.since + SITTING_BLOCKS
  if (isSpoilt(turn, top.envelope_id)) return true
  const answer = turn.volatile.gatherings.get(top.envelope_id)?.answer ?? null
  if (answer === null) return false
  const action = ACTION_ON[answer]
  return action === 'higher-rung' || action === 'next-envelope' || (action === 'look-at-conflict' && !isOurs)
}

function isSpoilt(turn: Turn, envelope_id: Rung['envelope_id']): boolean {
  const gathering = turn.volatile.gatherings.get(envelope_id)
  if (!gathering) return false
  return gathering.rebuild === 'bad-dealer' || (gathering.answer !== null && ACTION_ON[gathering.answer] === 'bad-set')
}
