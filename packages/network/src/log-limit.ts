import { TokenBucket } from './framing/token-bucket.ts'
import type { NetworkLog } from './network-init.ts'

/** Lines of one event about one peer: this many at once, then one in so many seconds. The counters count them all. */
const BURST = 5
const SECONDS_PER_LINE = 10
/** Events times members and owners; beyond that the oldest start anew. */
const KEYS_MAX = 4096

/** The log, but nobody can fill it by repeating what is worth a line. */
export function limitLog(log: NetworkLog, now: () => number): NetworkLog {
  const budgets = new Map<string, TokenBucket>()
  return (level, event, fields) => {
    const key = `${event} ${fields['member'] ?? fields['from'] ?? fields['to'] ?? fields['owner'] ?? ''}`
    const budget = budgets.get(key) ?? new TokenBucket(1 / SECONDS_PER_LINE, BURST, now())
    budgets.set(key, budget)
    const [oldest] = budgets.keys()
    if (budgets.size > KEYS_MAX && oldest !== undefined) budgets.delete(oldest)
    if (budget.take(1, now())) log(level, event, fields)
  }
}
