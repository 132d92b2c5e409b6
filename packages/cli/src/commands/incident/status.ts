import type { IncidentSummary } from '@belfry/node'
import type { Mark } from '../../output/index.ts'

type Status = IncidentSummary['status']

interface StatusWords {
  readonly mark: Mark
  readonly sentence: string
}

/** What the one word of an incident's status means. */
export const STATUS_WORDS: Record<Status, StatusWords> = {
  alleged: { mark: 'yellow', sentence: 'Others told of it; this member has not seen it in its own chain or mempool.' },
  open: { mark: 'red', sentence: 'It is going on, and too few members have voted yet.' },
  certified: { mark: 'red', sentence: 'Enough members agree; shares are handed out as the rules allow.' },
  recovering: { mark: 'yellow', sentence: 'A recovery transaction is on its way, and not confirmed yet.' },
  recovered: { mark: 'green', sentence: 'The recovery is confirmed, unsettled: less than 6 blocks deep.' },
  secured: { mark: 'green', sentence: 'The recovery is 6 blocks deep or more; it is watched until it is 100.' },
  gone: { mark: 'yellow', sentence: 'The transaction that began it is gone from chain and mempool.' },
  lost: { mark: 'red', sentence: 'The coin is gone: another transaction has spent it.' },
  over: { mark: 'dim', sentence: 'The drill is over: `belfry drill history` tells how it ended.' },
  settled: { mark: 'green', sentence: 'The recovery is 100 blocks deep. The coin is safe.' },
}
