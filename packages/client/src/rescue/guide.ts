/** A recovery set for a person with any other way to broadcast: which transaction in which situation, in which order. */
import type { SignedRecoverySet, SignedTransaction } from '@belfry/vault'
import { laddersOf } from './ladders.ts'

export interface Situation {
  readonly title: string
  /** What to do, in whole sentences. */
  readonly advice: readonly string[]
  /** In the order in which they are tried. Secrets until they are sent. */
  readonly transactions: readonly SignedTransaction[]
}

/** Every transaction of the set but U, which only a hot device ever sends. */
export function guideOf(set: SignedRecoverySet): Situation[] {
  const { deposit, variants, emergency, aside } = laddersOf(set)
  const { csv } = set.plan
  return [
    ...variants.map(({ unvault, clawback }): Situation => ({
      title: `${unvault.txid} (${unvault.id}) has spent the deposit, and it was not you`,
      advice: [
        `Wait until ${unvault.txid} has one confirmation, then send the first of these that pays what blocks ask for today.`,
        'Where a node refuses it for its fee, or it does not confirm within a few blocks, send the next; each takes the place of the one before.',
        `Send the last at the latest ${Math.floor(csv / 2)} blocks after ${unvault.txid} confirmed: after ${csv} blocks whoever holds the hot key can take the coin.`,
        'Should the chain reorganise, send it again. It is final after 100 confirmations.',
      ],
      transactions: clawback,
    })),
    {
      title: 'The coin is still in the deposit, or an unconfirmed transaction that is none of these spends it',
      advice: [
        `Do this only to bring the coin of ${deposit} to deep cold now: it cannot be taken back.`,
        'Against a theft under way send the first. Where nothing presses, the last is cheaper.',
        'Once another transaction that spends the deposit has confirmed, these are worth nothing.',
      ],
      transactions: emergency.toReversed(),
    },
    ...(aside.length === 0
      ? []
      : [
          {
            title: 'For special occasions: these need a coin of yours for their fee, or another reason',
            advice: ['Belfry never sends these by itself in a rescue. Use them only if you know what they are for.'],
            transactions: aside,
          },
        ]),
  ]
}
