/** Who has told me everything since I started or fell behind (guard/waiting.ts): asking, and counting who has. */
import { newWait } from '../guard/waiting.ts'
import { listenedIn } from '../liveness/listening.ts'
import type { Answered } from '../messages/answered.ts'
import { MAX_PULL_VAULTS } from '../messages/pull.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { MemberIndex, Millis } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import { vaultsSpokenOf } from './owner-messages.ts'
import { openIncidents } from './incidents.ts'
import { pullFrom } from './pull.ts'
import type { Wants } from './topics.ts'

/** After this many times `dead_periods`, in which I was there to listen, nobody is waited for. */
const WAITED_DEAD_TIMES = 2

/** A life begins. */
export function beginWait(turn: Turn): void {
  turn.volatile.wait = { ...newWait('start', turn.at_ms), next_ask_at: (turn.at_ms + turn.config.federation.timing.heartbeat_ms) as Millis }
}

/** My chain is no longer followed, or is again: then it is asked what was said meanwhile. While a life begins there is nothing to add. */
export function waitForLag(turn: Turn): void {
  const { wait } = turn.volatile
  if (wait.cause === 'start' && wait.phase !== 'over') return
  turn.volatile.wait = newWait('lag', turn.at_ms)
  askAll(turn)
}

/** A member was connected: it may have what I lack, and know what I said myself. */
export function askOnConnection(turn: Turn, member: MemberIndex): void {
  const { wait } = turn.volatile
  if (wait.phase !== 'over' && !wait.answered.has(member)) ask(turn, member)
  else pullFrom(turn, member, { ...openOnes(turn), owner_messages: vaultsSpokenOf(turn) }, { own: true })
}

/** Names my vaults part by part: each has room for some. */
function ask(turn: Turn, member: MemberIndex): void {
  const { wait } = turn.volatile
  const answered = wait.asked.get(member)?.vaults_answered ?? 0
  const vaults = [...turn.durable.vaults.keys()].toSorted().slice(answered, answered + MAX_PULL_VAULTS)
  // What I said myself comes with the first part.
  const sent = pullFrom(turn, member, { ...openOnes(turn), owner_messages: vaults }, { own: answered === 0 })
  if (sent) wait.asked.set(member, { pull_seq: sent.pull_seq, vaults_named: answered + sent.vaults, vaults_answered: answered })
}

function openOnes(turn: Turn): Wants {
  return { incidents: openIncidents(turn).map(([id]) => id), evidence: ['all'] }
}

function askAll(turn: Turn): void {
  const { wait, peers } = turn.volatile
  wait.next_ask_at = (turn.at_ms + turn.config.federation.timing.heartbeat_ms) as Millis
  if (wait.cause === 'lag' && turn.volatile.chain !== 'ok') return
  for (const [member, { connected }] of peers) {
    if (connected && member !== turn.config.self && !wait.answered.has(member)) ask(turn, member)
  }
}

/** The end of an answer to one of my Pulls. Only the last one to each member is waited for. */
export function onAnswered(turn: Turn, from: MemberIndex, { pull_seq, is_complete }: Answered): VerdictCode {
  const { wait } = turn.volatile
  const peer = turn.volatile.peers.get(from)
  if (peer?.pull_open === pull_seq) peer.pull_open = null
  const asked = wait.asked.get(from)
  if (!asked || asked.pull_seq !== pull_seq || wait.answered.has(from)) return 'accepted'
  // What did not fit comes with the next asking, a period later.
  if (!is_complete) return 'accepted'
  wait.asked.set(from, { ...asked, vaults_answered: asked.vaults_named })
  if (asked.vaults_named >= turn.durable.vaults.size) wait.answered.add(from)
  else ask(turn, from)
  return 'accepted'
}

/** After each input. True where I may do now what I waited with. */
export function endWaitIfDue(turn: Turn): boolean {
  const { wait } = turn.volatile
  if (wait.phase === 'over') return false
  wait.waited_ms += listenedIn(turn.at_ms - wait.looked_at, turn.config.federation.timing)
  wait.looked_at = turn.at_ms
  if (isAnswered(turn)) {
    wait.phase = 'over'
    tell(turn, 'info', `${wait.answered.size + 1} members have told me everything`)
    return true
  }
  if (turn.at_ms >= wait.next_ask_at || wait.next_ask_at > turn.at_ms + turn.config.federation.timing.heartbeat_ms) askAll(turn)
  if (wait.phase === 'over-time' || wait.waited_ms < limitOf(turn)) return false
  wait.phase = 'over-time'
  tell(turn, 'warn', `only ${wait.answered.size + 1} members have told me everything: thefts are answered, orders are not`)
  return true
}

/** When to look again, should nothing else happen. */
export function nextAskAt({ volatile: { wait } }: Turn): number {
  return wait.phase === 'over' ? Infinity : wait.next_ask_at
}

function limitOf({ config: { federation: { timing } } }: Turn): number {
  return WAITED_DEAD_TIMES * timing.dead_periods * timing.heartbeat_ms
}

/** n − d members, me included. */
function isAnswered({ config: { federation }, volatile: { wait } }: Turn): boolean {
  return wait.answered.size + 1 >= federation.members.length - federation.thresholds.clawback.d
}

function tell(turn: Turn, level: 'info' | 'warn', detail: string): void {
  turn.tell({ level, event: 'wait-ended', member: turn.config.self, detail })
}
