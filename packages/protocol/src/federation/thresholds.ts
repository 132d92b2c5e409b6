/** How many members must vote and hand out shares, and how many may lie or be down. The table is in the tests. */
import { type Infer, s } from '../primitives/index.ts'
import { FederationError, type FederationErrorCode } from './errors.ts'

export const MIN_MEMBERS = 3
export const MAX_MEMBERS = 64

export const ACTIONS = ['clawback', 'emergency', 'succession'] as const
/** What an incident calls for. */
export type Action = (typeof ACTIONS)[number]
export const action = s.oneOf(...ACTIONS)

const quorum = s.struct({ q: s.uint(MAX_MEMBERS), t: s.uint(MAX_MEMBERS) })
/** q: votes that make a certificate. t: shares that open an envelope. */
export type Quorum = Infer<typeof quorum>

export const thresholdsSchema = s.struct({
  /** Lying members to be safe against. */
  b: s.uint(MAX_MEMBERS),
  clawback: quorum,
  emergency: quorum,
  succession: quorum,
  /** Allows max(q, t) = n: every member must then be up for the action. */
  accept_no_spare_member: s.bool,
})
export type Thresholds = Infer<typeof thresholdsSchema>

/** What follows from n, b and one action's q and t. */
export interface ActionThresholds extends Quorum {
  /** Members that may be down. */
  readonly d: number
  /** A vault is protected from this many signed receipts on: enough even if b of their signers lie. */
  readonly protected: number
}

export function derive(n: number, b: number, { q, t }: Quorum): ActionThresholds {
  const needed = Math.max(q, t)
  return { q, t, d: n - needed, protected: needed + b }
}

/** Approvals of an intent that keep an action from being taken against it: alone, and whatever b members lie. */
export function safeApprovals(n: number, b: number, { q, t }: Quorum): { safe: number; safe_with_liars: number } {
  const safe = n - Math.min(q, t) + 1
  return { safe, safe_with_liars: safe + b }
}

export type ThresholdChoices = Partial<Thresholds>

/**
 * Fills in what was not chosen: b = ⌊(n−1)/3⌋, clawback and emergency q = t = ⌊n/2⌋+1, succession one more where the
 * rules allow without an override. The result may still break a rule: see checkThresholds.
 */
export function withDefaults(n: number, choices: ThresholdChoices = {}): Thresholds {
  const b = choices.b ?? Math.max(0, Math.floor((n - 1) / 3))
  const majority = bothAt(Math.floor(n / 2) + 1)
  const stricter = bothAt(majority.q + 1)
  const stricterAllowed = checkAction(n, b, 'succession', stricter, false).length === 0
  return {
    b,
    clawback: choices.clawback ?? majority,
    emergency: choices.emergency ?? majority,
    succession: choices.succession ?? (stricterAllowed ? stricter : majority),
    accept_no_spare_member: choices.accept_no_spare_member ?? false,
  }
}

function bothAt(count: number): Quorum {
  return { q: count, t: count }
}

/** Every broken rule; none means that a federation of n members may use these thresholds. */
export function checkThresholds(n: number, thresholds: Thresholds): readonly FederationError[] {
  if (n < MIN_MEMBERS || n > MAX_MEMBERS) {
    return [
      new FederationError(
        'member-count',
        `A federation has ${MIN_MEMBERS} to ${MAX_MEMBERS} members, this one has ${n}.`,
        n < MIN_MEMBERS
          ? `Add at least ${MIN_MEMBERS - n} member card(s).`
          : `Leave out at least ${n - MAX_MEMBERS} member card(s).`,
      ),
    ]
  }
  const { b, accept_no_spare_member } = thresholds
  return ACTIONS.flatMap((each) => checkAction(n, b, each, thresholds[each], accept_no_spare_member))
}

function checkAction(
  n: number,
  b: number,
  action: Action,
  { q, t }: Quorum,
  acceptNoSpare: boolean,
): readonly FederationError[] {
  const needed = Math.max(q, t)
  const choice = { n, b, least: Math.min(q, t), needed, d: n - needed, acceptNoSpare }
  const chosen = `${action} (q = ${q}, t = ${t}, b = ${b}, n = ${n})`
  return RULES.filter(({ isBroken }) => isBroken(choice)).map(
    ({ code, sentence, remedy }) => new FederationError(code, `${chosen} ${sentence(choice)}`, remedy(choice)),
  )
}

interface Choice {
  readonly n: number
  readonly b: number
  /** min(q, t): fewer can do nothing. */
  readonly least: number
  /** max(q, t): so many must be up. */
  readonly needed: number
  readonly d: number
  readonly acceptNoSpare: boolean
}

interface Rule {
  readonly code: FederationErrorCode
  readonly isBroken: (choice: Choice) => boolean
  readonly sentence: (choice: Choice) => string
  readonly remedy: (choice: Choice) => string
}

const RULES: readonly Rule[] = [
  {
    code: 'threshold-above-members',
    isBroken: ({ n, needed }) => needed > n,
    sentence: ({ n, needed }) => `needs ${needed} members, but there are only ${n}.`,
    remedy: ({ n }) => `Lower q and t to at most ${n - 1}.`,
  },
  {
    code: 'threshold-too-low',
    isBroken: ({ least }) => least < 2,
    sentence: ({ least }) => `could be taken by one member alone: the lower of q and t is ${least}, not at least 2.`,
    remedy: () => 'Raise q and t to at least 2.',
  },
  {
    code: 'liars-reach-threshold',
    isBroken: ({ b, least }) => b >= least,
    sentence: ({ b, least }) => `is not safe against ${b} lying members: ${least} of them could act alone.`,
    remedy: (choice) =>
      fewerLiars(choice) ?? `Raise q and t to at least ${choice.b + 1}, or lower b below ${choice.least}.`,
  },
  {
    code: 'no-spare-member',
    isBroken: ({ d, acceptNoSpare }) => d === 0 && !acceptNoSpare,
    sentence: ({ n }) => `needs all ${n} of ${n} members: one that is down stops it.`,
    remedy: ({ n }) => `Lower q and t to at most ${n - 1}, or set accept_no_spare_member if you want exactly that.`,
  },
  {
    code: 'liars-exceed-spare',
    isBroken: ({ b, d }) => d >= 0 && b > d,
    sentence: ({ n, b, needed, d }) =>
      `needs ${needed} of ${n} members, so only ${d} may be missing: ${b} lying members could stop it by silence.`,
    remedy: (choice) =>
      fewerLiars(choice) ??
      `Lower q and t to at most ${choice.n - choice.b}, or b to at most ${choice.d}, or add members.`,
  },
]

/** The advice where b leaves no q and t at all that the liars could neither reach nor stop. */
function fewerLiars({ n, b }: Choice): string | undefined {
  const most = Math.floor((n - 1) / 2)
  return b > most ? `Lower b to at most ${most}, or add members.` : undefined
}

const DEEDS: Record<Action, string> = {
  clawback: 'claw back',
  emergency: 'send the emergency recovery',
  succession: 'start the succession',
}

/** "any 3 of 5 can claw back; 2 alone can do nothing; works with 2 down", for thresholds that break no rule. */
export function meaning(n: number, quorum: Quorum, action: Action = 'clawback'): string {
  const { q, t, d } = derive(n, 0, quorum)
  const needed = Math.max(q, t)
  const who = needed === n ? `only all ${n}` : `any ${needed} of ${n}`
  const harmless = Math.min(q, t) - 1
  const down = d === 0 ? 'none may be down' : `works with ${d} down`
  return `${who} can ${DEEDS[action]}; ${harmless} alone can do nothing; ${down}`
}
