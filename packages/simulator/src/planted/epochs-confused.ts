import { type BelfryCore, type Header, type State, type Vote, decodeBody, decodeFrame, decodeHeader } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import { changeOf } from '../run/succession.ts'
import type { PlantedBug } from './planted-bug.ts'

interface Foreign {
  readonly from: MemberIndex
  readonly vote: Vote
  readonly bytes: Uint8Array
}

export const epochsConfused: PlantedBug = {
  name: 'epochs-confused',
  what: 'a vote counts for the same incident whatever lock it was said under',
  caught_by: ['S1', 'S2', 'S4', 'S7'],
  within_seeds: 66,
  // Members vote under both locks, and not all of them at once.
  shown_in: (plan) => changeOf(plan)?.when === 'before' && (plan.story === 'theft' || plan.story === 'cold-theft'),
  core: (core, member): BelfryCore => {
    const foreign: Foreign[] = []
    return {
      ...core,
      step(state, input) {
        const heard = input.kind === 'frame' ? foreignVote(input.bytes, member) : null
        if (heard !== null) foreign.push(heard)
        const added = foreign.flatMap((each) => count(each, state))
        const output = core.step(state, input)
        // The log knows nothing of it.
        for (const { votes, from, held } of added) if (votes.get(from) === held) votes.delete(from)
        return output
      },
    }
  },
}

function count({ from, vote, bytes }: Foreign, { durable: { incidents } }: State) {
  const votes = incidents.get(vote.incident_id)?.votes
  if (!votes || votes.has(from)) return []
  const held = { anchor_height: vote.anchor_height, frame: bytes }
  votes.set(from, held)
  return [{ votes, from, held }]
}

/** Null for anything else. */
function foreignVote(bytes: Uint8Array, { options: { config: { federation } } }: SimMember): Foreign | null {
  const head = headOf(bytes)
  if (head?.kind !== 'vote' || head.lock_prefix === federation.lock_prefix) return null
  if (!federation.members.some(({ index }) => index === head.from)) return null
  return { from: head.from, vote: decodeBody('vote', head.body), bytes }
}

function headOf(bytes: Uint8Array): Header | null {
  try {
    return decodeHeader(decodeFrame(bytes).signed)
  } catch {
    return null
  }
}
