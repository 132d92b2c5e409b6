/** The stream of events as a person follows it: one line for what matters, with the seconds since the theft. */
import { type Style, count, sentenceList, short } from '../../output/index.ts'
import { nameOf } from '../cluster/index.ts'
import type { DemoEvent, StoryLine } from './events.ts'

export class Narration {
  readonly #style: Style
  readonly #votes_needed: number
  #theft_at_ms: number | null = null
  /** Story events of which one member's word is enough. */
  readonly #told = new Set<string>()

  constructor(votes_needed: number, style: Style) {
    this.#style = style
    this.#votes_needed = votes_needed
  }

  /** @param events in the order of time, as they came together */
  lines(events: readonly DemoEvent[]): string[] {
    return gathered(events).flatMap(({ event, others }) => {
      const text = this.#textOf(event, others)
      if (text === null) return []
      return [`${this.#style('dim', this.#since(event.at_ms))}  ${text}`]
    })
  }

  #since(at_ms: number): string {
    if (this.#theft_at_ms === null) return ' '.repeat(10)
    return `${((at_ms - this.#theft_at_ms) / 1_000).toFixed(3)} s`.padStart(10)
  }

  #textOf(event: DemoEvent, others: readonly number[]): string | null {
    switch (event.event) {
      case 'member-killed':
        return this.#style('yellow', `${nameOf(event.member)} is killed (SIGKILL)`)
      case 'theft-submitted':
        this.#theft_at_ms = event.at_ms
        return this.#style('red', `the thief gives the unvault ${short(event.txid)} (${event.sat_vb} sat/vB) to bitcoind ${event.bitcoind}`)
      case 'block-mined':
        return this.#style('dim', `block ${event.height}, mined at bitcoind ${event.bitcoind}`)
      case 'quorum-lost':
        return this.#style('red', `${nameOf(event.by)} is not ready: ${event.message}`)
      case 'story':
        return this.#storyText(event.line, others)
      default:
        return null
    }
  }

  #storyText(line: StoryLine, others: readonly number[]): string | null {
    const by = nameOf(line.by)
    const rung = line.sat_vb === null ? '' : ` at ${line.sat_vb} sat/vB`
    const txid = line.txid === null ? '' : ` ${short(line.txid)}`
    switch (line.event) {
      case 'trigger-seen':
        return `${by} sees the theft in its mempool`
      case 'trigger-offered':
        return `${by} is shown the theft with a vote, and its bitcoind would take it`
      case 'trigger-replaced':
        return `${by} sees the theft replaced by${txid}`
      case 'trigger-gone':
        return `${by} sees the theft leave its mempool`
      case 'trigger-confirmed':
        return this.#once(line, 'the theft is confirmed')
      case 'trigger-unconfirmed':
        return `the block with the theft is gone from the chain of ${by}`
      case 'voted':
        return `${by} votes: this is theft`
      case 'certified':
        return this.#once(line, this.#style('bold', `certificate: ${this.#votes_needed} members agree`))
      case 'released':
        return `${by} hands its share${rung} to ${sentenceList([line.member ?? 0, ...others].map((index) => nameOf(index)))}`
      case 'share-refused':
        return this.#style('yellow', `${by} refuses a share of ${nameOf(line.member ?? 0)}: it is not what was committed to`)
      case 'rebuilt':
        return `${by} rebuilds the clawback${txid}${rung} from the shares`
      case 'bad-dealer':
        return this.#style('yellow', `${by} cannot rebuild an envelope although every share is right: bad dealer`)
      case 'broadcast':
        return this.#style('green', `${by} broadcasts the clawback${txid}${rung}: its bitcoind takes it`)
      case 'broadcast-refused':
        return this.#style('yellow', `${by}: bitcoind does not take${txid}${rung} (${line.detail ?? 'no reason'})`)
      case 'recovery-gone':
        return `${by} sees the clawback${txid} leave its mempool`
      case 'recovery-confirmed':
        return this.#once(line, this.#style('green', `the clawback${txid}${rung} is confirmed`))
      case 'recovery-unconfirmed':
        return `the block with the clawback is gone from the chain of ${by}`
      case 'other-spend-seen':
      case 'other-spend-confirmed':
        return this.#style('red', `${by} sees${txid} spend the coin`)
      case 'exposed':
        return this.#style('red', `${by} calls the vault exposed: the clawback may be known outside`)
      default:
        // What is left is said by another member's line: opened, vote-received, share-opened, broadcast-by-member, recovery-seen.
        return null
    }
  }

  #once({ event, txid }: StoryLine, text: string): string | null {
    const key = `${event}/${txid ?? ''}`
    if (this.#told.has(key)) return null
    this.#told.add(key)
    return text
  }
}

interface Gathered {
  readonly event: DemoEvent
  /** Further members that it is about. */
  readonly others: number[]
}

/** One line for a member's releases to several others. */
function gathered(events: readonly DemoEvent[]): Gathered[] {
  const lines: Gathered[] = []
  for (const event of events) {
    const before = lines.find((one) => isSameRelease(one.event, event))
    if (before === undefined || event.event !== 'story') lines.push({ event, others: [] })
    else if (event.line.member !== null) before.others.push(event.line.member)
  }
  return lines
}

function isSameRelease(a: DemoEvent, b: DemoEvent): boolean {
  if (a.event !== 'story' || b.event !== 'story' || a.line.event !== 'released' || b.line.event !== 'released') return false
  return a.line.by === b.line.by && a.line.sat_vb === b.line.sat_vb
}

/** What is prepared before the theft. */
export function progressText(event: DemoEvent): string | null {
  switch (event.event) {
    case 'demo-started':
      return `A federation of ${event.members}: ${event.meaning}.`
    case 'bitcoind-fetched':
      return event.message
    case 'federation-locked':
      return `All members have signed the lock ${short(event.lock_hash)}.`
    case 'bitcoinds-started':
      return `${count(event.count, 'bitcoind')} ${event.version} in regtest, connected with each other.`
    case 'members-started':
      return `Starting ${count(event.count, 'node process', 'node processes')} …`
    case 'members-ready':
      return `${count(event.count, 'member')} ready, each connected with all others.`
    case 'vault-guarded':
      return `A vault of ${event.value_sats / 100_000_000} BTC is guarded, with clawbacks at ${event.rungs_sat_vb.join(', ')} sat/vB.`
    default:
      return null
  }
}
