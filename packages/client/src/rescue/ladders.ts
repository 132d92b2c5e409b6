/** A recovery set as a rescue climbs it: what each variant of U is answered with, and what takes the deposit itself. */
import { type Outpoint, type Txid, outpointOf } from '@belfry/protocol/primitives'
import type { SignedRecoverySet, SignedTransaction } from '@belfry/vault'

export interface Variant {
  readonly unvault: SignedTransaction
  /** What U pays: the coin that the clawback takes. */
  readonly outpoint: Outpoint
  /** Lowest feerate first. */
  readonly clawback: readonly SignedTransaction[]
}

export interface Ladders {
  readonly deposit: Outpoint
  readonly variants: readonly Variant[]
  /** Lowest feerate first. */
  readonly emergency: readonly SignedTransaction[]
  /** All others of the set: they need a coin for their fee, or another occasion, and are never sent by themselves. */
  readonly aside: readonly SignedTransaction[]
}

export function laddersOf({ plan, transactions }: SignedRecoverySet): Ladders {
  const variants = transactions.flatMap((unvault): Variant[] => {
    if (unvault.place.purpose !== 'unvault') return []
    const { variant } = unvault.place
    const clawback = transactions.filter(({ place }) => place.purpose === 'clawback' && place.variant === variant)
    return [{ unvault, outpoint: outpointOf(unvault.txid, 0), clawback: rising(clawback) }]
  })
  const emergency = rising(transactions.filter(({ place }) => place.purpose === 'emergency'))
  const climbed = new Set([...variants.flatMap(({ unvault, clawback }) => [unvault, ...clawback]), ...emergency])
  return {
    deposit: plan.deposit.outpoint,
    variants,
    emergency,
    aside: transactions.filter((one) => !climbed.has(one)),
  }
}

function rising(ladder: readonly SignedTransaction[]): SignedTransaction[] {
  return ladder.toSorted((a, b) => a.feerate - b.feerate)
}

export function variantOf({ variants }: Ladders, txid: Txid | null): Variant | null {
  return variants.find(({ unvault }) => unvault.txid === txid) ?? null
}

/** All that take the coin to deep cold by themselves. */
export function rungsOf({ variants, emergency }: Ladders): SignedTransaction[] {
  return [...emergency, ...variants.flatMap(({ clawback }) => clawback)]
}

export function rungWith(ladders: Ladders, txid: Txid | null): SignedTransaction | null {
  return rungsOf(ladders).find((one) => one.txid === txid) ?? null
}
