/**
 * What becomes of a generation that its owner takes back when it is about to be activated: before that at some members, after it at
 * others. Members say so, signed, and all come to the same end, in whatever order they hear of each other (docs/decisions/0019).
 */
import { type Height, type MemberIndex } from '../primitives/index.ts'
import type { HeldManifest } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'

/** What a member knows of one manifest. */
export type KnownOfManifest = Pick<HeldManifest, 'taken_back' | 'let_be' | 'withdrawn' | 'cancelled' | 'activated_height'> & {
  readonly manifest: Pick<HeldManifest['manifest'], 'previous' | 'activation_delay'>
}

export interface FateSetting {
  readonly self: MemberIndex
  readonly tip: Height
  /** Members, and how many of them may lie. */
  readonly n: number
  readonly b: number
}

/**
 * `falls`: it is not active, nor becomes so, and nor does what was built on it. `stands`: that is no longer so. `let-be`: it has been
 * active for so long that I say I go on with it, whoever says that it was taken back. `as-it-is`: nothing changes.
 */
export type Fate = 'falls' | 'stands' | 'let-be' | 'as-it-is'

export function settingOf({ config: { self, federation }, tip }: Pick<Turn, 'config' | 'tip'>): FateSetting {
  return { self, tip, n: federation.members.length, b: federation.b }
}

/** Members that let it be, of which at least one is honest, and as many honest ones are there at the least where b members took it back. */
export function enoughToLetBe({ n, b }: Pick<FateSetting, 'n' | 'b'>): number {
  return Math.max(1, Math.min(b + 1, n - 2 * b))
}

/** It stands, or will once the others hear me: no order takes it back any more. */
export function isLetBe({ let_be }: Pick<KnownOfManifest, 'let_be'>, setting: Pick<FateSetting, 'self' | 'n' | 'b'>): boolean {
  return let_be.has(setting.self) || let_be.size >= enoughToLetBe(setting)
}

/** @param at with each block what was heard since the last is weighed at once: one word alone lets nothing be */
export function fateOf(known: KnownOfManifest, setting: FateSetting, at: 'word' | 'block'): Fate {
  // The first follows none: its members would be left without any that is active.
  if (known.manifest.previous === null) return 'as-it-is'
  const { self, b } = setting
  const isTakenBack = known.cancelled || known.withdrawn
  if (known.let_be.size >= enoughToLetBe(setting)) return isTakenBack ? 'stands' : 'as-it-is'
  const hasLetBe = known.let_be.has(self)
  const standing = [...known.taken_back].filter(([member]) => !known.let_be.has(member))
  const counted = standing.filter(([, { height }]) => hasLetBe || height <= lastInTime(known))
  if (counted.length > b) {
    if (isTakenBack && known.activated_height === null) return 'as-it-is'
    // Others let it be in the same block as I: theirs is heard first.
    return hasLetBe && at === 'word' ? 'as-it-is' : 'falls'
  }
  if (isTakenBack) return hasLetBe ? 'stands' : 'as-it-is'
  const isOver = known.activated_height !== null && setting.tip >= lastInTime(known)
  return at === 'block' && isOver && standing.length > 0 && !hasLetBe ? 'let-be' : 'as-it-is'
}

/** As long after it became active as its owner had before. What was taken back later than that, members that lag took back. */
function lastInTime({ activated_height, manifest }: KnownOfManifest): number {
  return activated_height === null ? Infinity : activated_height + manifest.activation_delay
}
