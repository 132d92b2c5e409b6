/**
 * Delivery. Gossip is only for speed: whatever a member lacks it asks for, and gets in the signers' own bytes. A release
 * is sent again from the ledger, so a broadcaster that restarted asks again and is handed the same bytes.
 */
import { ANSWER_BUDGET, ownStatementsBudget, spend } from '../messages/budget.ts'
import type { Header } from '../messages/frame.ts'
import type { Pull } from '../messages/pull.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { MemberIndex } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import type { Peer } from '../state/volatile.ts'
import { fitting } from './fitting.ts'
import { ownStatementsOf } from './own-statements.ts'
import { TOPICS, TOPIC_NAMES, type TopicName, type Wants } from './topics.ts'

/** Frames sent in answer to one Pull. The next Pull gets the rest. */
export const MAX_ANSWER_FRAMES = 512

/**
 * A member that has not answered to the end is asked again after so long. Sooner, whoever is behind with its answers would get
 * the same question again and again, and send everything as often.
 */
const PATIENCE_MS = 10_000
const PATIENCE_PERIODS = 2

/** Of a Pull that was sent: its number, and how many vaults it had room to name. */
export interface SentPull {
  readonly pull_seq: number
  readonly vaults: number
}

/**
 * Tells a member what I have of this and of custody, so that it sends what I lack.
 * @param own what I said myself, too: asked even where nothing else is wanted
 * @returns null where there was nothing to ask for, or where it has yet to answer the last one
 */
export function pullFrom(turn: Turn, member: MemberIndex, wants: Wants, { own = false } = {}): SentPull | null {
  const peer = turn.volatile.peers.get(member)
  if (!peer || isAnswering(turn, peer)) return null
  const asked = <T extends TopicName>(name: T): Pull[T][number][] => [...TOPICS[name].asked(turn, member, wants[name] ?? [])]
  const body = fitting({
    incidents: asked('incidents'),
    custody: asked('custody'),
    owner_messages: asked('owner_messages'),
    evidence: asked('evidence'),
    own,
  })
  const isWanted = body.incidents.length > 0 || body.custody.length > 0 || body.owner_messages.length > 0
  if (!isWanted && !own && wants.evidence === undefined) return null
  turn.send(member, turn.sign('pull', body))
  peer.pulled_at = turn.at_ms
  peer.pull_open = turn.volatile.seq
  peer.pulled_incidents += body.incidents.length
  peer.pulled_manifests += body.custody.length
  peer.pulled_vaults += body.owner_messages.length
  return { pull_seq: turn.volatile.seq, vaults: body.owner_messages.length }
}

function isAnswering({ config, at_ms }: Turn, { pull_open, pulled_at }: Peer): boolean {
  if (pull_open === null || pulled_at === null) return false
  // Either way round: the clock may have been set back since.
  return Math.abs(at_ms - pulled_at) < Math.max(PATIENCE_MS, PATIENCE_PERIODS * config.federation.timing.heartbeat_ms)
}

export function onPull(turn: Turn, { from, seq }: Header, body: Pull): VerdictCode {
  const is_complete = sendAnswer(turn, from, body)
  turn.send(from, turn.sign('answered', { pull_seq: seq, is_complete }))
  return 'accepted'
}

/** Whether that was everything. */
function sendAnswer(turn: Turn, to: MemberIndex, body: Pull): boolean {
  const { answers } = turn.volatile.budgets
  const own = body.own && mayLookForOwn(turn, to)
  let sent = 0
  for (const bytes of lackingFrames(turn, { ...body, own }, to)) {
    if (sent >= MAX_ANSWER_FRAMES || !spend(answers, to, 'routine', ANSWER_BUDGET, bytes.length, turn.at_ms)) return false
    turn.afterSync({ effect: 'send', to, bytes })
    sent += 1
  }
  // What it said itself it asks for again, a period later.
  return own === body.own
}

function mayLookForOwn({ volatile, config, at_ms }: Turn, to: MemberIndex): boolean {
  const budget = ownStatementsBudget(config.federation.timing.heartbeat_ms)
  return spend(volatile.budgets.own_statements, to, 'routine', budget, 0, at_ms)
}

/** What the asker said itself, then each topic's share, then what is left of each: whatever one of them floods, the others are answered. */
function* lackingFrames(turn: Turn, body: Pull, to: MemberIndex): Iterable<Uint8Array> {
  const frames = <T extends TopicName>(name: T, asked: Pull[T]): Iterable<Uint8Array> => TOPICS[name].lacking(turn, asked, to)
  if (body.own) yield* ownStatementsOf(turn, to)
  const rest: Iterator<Uint8Array>[] = []
  for (const name of TOPIC_NAMES) {
    const row = frames(name, body[name])[Symbol.iterator]()
    let taken = 0
    let next = row.next()
    for (; !next.done; next = row.next()) {
      yield next.value
      taken += 1
      if (taken === TOPICS[name].share) break
    }
    if (!next.done) rest.push(row)
  }
  for (const row of rest) for (let next = row.next(); !next.done; next = row.next()) yield next.value
}
