import { type Input, type Output, type Volatile } from '@belfry/protocol'
import { SchemaError, toCbor } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant } from './invariant.ts'

/** Encoding a state costs as much as hundreds of steps. */
const STEPS_BETWEEN_ENCODINGS = 512
/** As protocol/src/state/volatile.ts and incident/rebuild.ts have them, for the maps that do not know their own. */
const MAX_PENDING_ENROLMENTS = 16
const MAX_SEALING = 4_096
const MAX_EARLY_PER_SENDER = 64

export const S9: Invariant = {
  name: 'S9',
  sentence:
    "every map and queue within its limit; no honest member's vote, certificate, release or owner message is dropped " +
    "because of another sender's traffic",
  watch: (context) => {
    let steps = 0
    return {
      onStep(member, input, output) {
        steps += 1
        if (!context.isHonest(member.index)) return
        if (steps % STEPS_BETWEEN_ENCODINGS === 0) checkDurable(context, member)
        if (member.state) checkVolatile(context, member, member.state.volatile)
        checkBudgets(context, member, input, output)
      },
      onCrash: (member) => checkDurable(context, member),
      onRefused(member, input) {
        if (input.kind === 'frame' && context.isHonest(input.peer) && context.isHonest(member.index)) {
          context.fail(`a frame of member ${input.peer} found no room`, member.index)
        }
      },
      onEnd() {
        for (const member of context.members.values()) checkDurable(context, member)
      },
    }
  },
}

function checkDurable(context: Context, member: SimMember): void {
  const { core, state } = member
  if (core === null || state === null || !context.isHonest(member.index)) return
  try {
    toCbor(core.snapshot, state.durable)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    context.fail(`the state does not encode: ${error.message}`, member.index)
  }
}

function checkVolatile(context: Context, member: SimMember, volatile: Volatile): void {
  const n = context.federation.members.length
  const { enrolments, sealing, early, peers, recent, budgets } = volatile
  const { seen, verified, gatherings, sightings, untold_certificates, second_waves, incident_ids, orders, undone, fee_turns } = volatile
  const limited = [
    seen, verified, gatherings, sightings, untold_certificates, second_waves.waiting, second_waves.begun, incident_ids, orders,
    undone, fee_turns, ...recent.values(),
  ]
  const isBounded =
    limited.every(({ size, limit }) => size <= limit) &&
    [peers, recent, early, ...Object.values(budgets)].every(({ size }) => size <= n) &&
    [...early.values()].every(({ size }) => size <= MAX_EARLY_PER_SENDER) &&
    enrolments.size <= MAX_PENDING_ENROLMENTS &&
    sealing.size <= MAX_SEALING
  if (!isBounded) context.fail('a map of the volatile state is over its limit', member.index)
}

function checkBudgets(context: Context, member: SimMember, input: Input, output: Output): void {
  if (input.kind !== 'frame' || !context.isHonest(input.peer)) return
  for (const effect of output.immediate) {
    if (effect.effect !== 'verdict') continue
    const { code, kind } = effect
    if (code !== 'sender-over-budget' && code !== 'forwarder-over-budget') continue
    const { head } = context.frames.read(input.bytes)
    if (context.isHonest(head.from)) context.fail(`${code}: a ${kind} of member ${head.from} was dropped`, member.index)
  }
}
