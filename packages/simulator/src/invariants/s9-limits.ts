import { type Frame, type Header, type Input, type Output, type Volatile, verifyFrame } from '@belfry/protocol'
import { SchemaError, toCbor, toHex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import { type Collection, allCollections, standingCollections } from './collections.ts'
import { overrunOf } from './durable-limits.ts'
import type { Context, Invariant } from './invariant.ts'

/** Looking into every entry of every map costs as much as dozens. */
const STEPS_BETWEEN_WALKS = 256

/**
 * Of the maps, sets and lists that do not know their own limits, by where they stand (`*`: an entry). All others hold one entry for
 * each member at most: whoever adds another kind says here what bounds it, or takes one that knows its limit.
 */
const LIMITS: Readonly<Record<string, number>> = {
  enrolments: 16,
  deposits: 1_024,
  sealing: 4_096,
  'early.*': 64,
  'proofs.open': 8,
}

export const S9: Invariant = {
  name: 'S9',
  sentence:
    "every map and queue within its limit; no honest member's vote, certificate, release or owner message is dropped " +
    "because of another sender's traffic",
  watch: (context) => {
    let steps = 0
    const standing = new WeakMap<Volatile, readonly Collection[]>()
    const votes = new VotesSeen()
    return {
      onStep(member, input, output) {
        steps += 1
        if (!context.isHonest(member.index)) return
        if (output.records.length > 0) checkDurable(context, member)
        const volatile = member.state?.volatile
        if (volatile) {
          const known = standing.get(volatile) ?? standingCollections(volatile)
          standing.set(volatile, known)
          checkCollections(context, member, context.is_thorough || steps % STEPS_BETWEEN_WALKS === 0 ? allCollections(volatile) : known)
        }
        votes.judge(context, member, input, output)
        checkBudgets(context, member, input, output)
      },
      onCrash: (member) => encode(context, member),
      onEnd() {
        for (const member of context.members.values()) encode(context, member)
      },
      onRefused(member, input) {
        if (input.kind === 'frame' && context.isHonest(input.peer) && context.isHonest(member.index)) {
          context.fail(`a frame of member ${input.peer} found no room`, member.index)
        }
      },
    }
  },
}

/** It changes with records alone, as S6 asks. */
function checkDurable(context: Context, { state, index }: SimMember): void {
  const overrun = state && overrunOf(state.durable)
  if (overrun) context.fail(`of the durable state ${overrun}`, index)
}

function encode(context: Context, { core, state, index }: SimMember): void {
  if (core === null || state === null || !context.isHonest(index)) return
  try {
    toCbor(core.snapshot, state.durable)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    context.fail(`the state does not encode: ${error.message}`, index)
  }
}

function checkCollections(context: Context, member: SimMember, collections: readonly Collection[]): void {
  const n = context.federation.members.length
  for (const { path, value } of collections) {
    const limit = value.limit ?? LIMITS[path] ?? n
    if (value.size > limit) context.fail(`${path} of the volatile state holds ${value.size}, at most ${limit} may be`, member.index)
  }
}

/** Which votes each life of a member was given: called a duplicate, one must have come before. */
class VotesSeen {
  readonly #seen = new WeakMap<Volatile, Set<string>>()

  judge(context: Context, { index, state }: SimMember, input: Input, output: Output): void {
    if (input.kind !== 'frame' || !state) return
    for (const effect of output.immediate) {
      if (effect.effect !== 'verdict' || effect.kind !== 'vote') continue
      const { frame, head } = context.frames.read(input.bytes)
      const signature = toHex(frame.signature)
      const seen = this.#seen.get(state.volatile) ?? new Set<string>()
      this.#seen.set(state.volatile, seen)
      // Forgeries in its name are looked at once, too.
      const isNews = effect.code === 'duplicate' && !seen.has(signature) && context.isHonest(head.from) && isSigned(context, frame, head)
      if (isNews) {
        context.fail(`a vote of member ${head.from} was called a duplicate, and never came before`, index)
      }
      if (effect.code !== 'bad-signature') seen.add(signature)
    }
  }
}

function checkBudgets(context: Context, member: SimMember, input: Input, output: Output): void {
  if (input.kind !== 'frame' || !context.isHonest(input.peer)) return
  for (const effect of output.immediate) {
    if (effect.effect !== 'verdict') continue
    const { code, kind } = effect
    if (code !== 'sender-over-budget' && code !== 'forwarder-over-budget') continue
    const head = authorOf(context, input.bytes)
    if (head !== null && context.isHonest(head.from)) context.fail(`${code}: a ${kind} of member ${head.from} was dropped`, member.index)
  }
}

function isSigned({ federation, ports }: Context, frame: Frame, { from }: Header): boolean {
  const member = federation.members.find(({ index }) => index === from)
  return member !== undefined && verifyFrame(ports, federation.lock_hash, member.node_key, frame)
}

/** Null where it is of another version, or no message. */
function authorOf({ frames }: Context, bytes: Uint8Array): Header | null {
  try {
    return frames.read(bytes).head
  } catch {
    return null
  }
}
