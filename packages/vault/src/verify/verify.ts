import { assertNever, outpointOf } from '@belfry/protocol/primitives'
import { scriptsOf, type VaultPlan, type VaultScripts } from '../plan/plan.ts'
import { transactionIdOf, placesOf } from '../recovery-set/places.ts'
import type { PresignedTransaction } from '../recovery-set/signed.ts'
import type { DecodedTransaction } from '../transaction/decode.ts'
import { type Finding, finderOf } from './findings.ts'
import { decodeFor, type Expectation, transactionFindings } from './transaction.ts'
import type { SpentCoin } from './witness.ts'

// Written here a second time, not taken from the builder: what one gets wrong the other shall find.
const REPLACEABLE = 0xffff_fffd

/** What the owner confirmed with his own eyes, on a device that he trusts. */
export interface Confirmed {
  /** Of the destination, with or without its checksum. */
  readonly deep_cold_descriptor: string
}

type Listed = ReturnType<typeof placesOf>[number]

/**
 * Verifies signed bytes in every point against the plan alone, before any member holds them. It takes nothing from
 * whoever built or signed them, and throws for no bytes. An empty list means: accepted.
 */
export function verifyRecoverySet(
  plan: VaultPlan,
  presigned: readonly PresignedTransaction[],
  confirmed: Confirmed,
): Finding[] {
  return [...destinationFindings(plan, confirmed), ...verifyListed(plan, presigned, placesOf(plan))]
}

/** The same for the unvault transactions alone, which is what a hot device receives. */
export function verifyUnvaults(plan: VaultPlan, presigned: readonly PresignedTransaction[]): Finding[] {
  const unvaults = placesOf(plan).filter(({ place }) => place.purpose === 'unvault')
  return verifyListed(plan, presigned, unvaults)
}

function destinationFindings(plan: VaultPlan, confirmed: Confirmed): Finding[] {
  const { descriptor, address } = scriptsOf(plan).deep_cold
  const bare = descriptor.slice(0, descriptor.lastIndexOf('#'))
  if (confirmed.deep_cold_descriptor === descriptor || confirmed.deep_cold_descriptor === bare) return []
  return [
    {
      code: 'destination-not-confirmed',
      sentence: `the plan brings the coin to ${address}, which is not the destination that the owner confirmed`,
    },
  ]
}

function verifyListed(
  plan: VaultPlan,
  presigned: readonly PresignedTransaction[],
  listed: readonly Listed[],
): Finding[] {
  const scripts = scriptsOf(plan)
  const findings = membershipFindings(presigned, listed)
  const decoded = new Map<string, DecodedTransaction>()
  const wanted = new Map(listed.map((item) => [item.id as string, item]))
  const given = presigned.filter(({ id }) => wanted.has(id))

  for (const { id, raw } of given) {
    const result = decodeFor(raw, finderOf(id))
    if ('code' in result) findings.push(result)
    else decoded.set(id, result)
  }
  for (const { id, raw } of given) {
    const item = wanted.get(id)
    const transaction = decoded.get(id)
    if (item === undefined || transaction === undefined) continue
    const find = finderOf(id)
    const expected = expectationOf(plan, scripts, item, decoded)
    if (expected === undefined)
      findings.push(find('unvault-unusable', 'the unvault that it should spend cannot be read'))
    else findings.push(...transactionFindings(raw, transaction, expected, find))
  }
  return findings
}

function membershipFindings(presigned: readonly PresignedTransaction[], listed: readonly Listed[]): Finding[] {
  const findings: Finding[] = []
  const seen = new Set<string>()
  const wanted = new Set<string>(listed.map(({ id }) => id))
  for (const { id } of presigned) {
    const find = finderOf(id)
    if (!wanted.has(id)) findings.push(find('transaction-unexpected', 'the plan asks for no such transaction'))
    else if (seen.has(id)) findings.push(find('transaction-repeated', 'the set holds it twice'))
    seen.add(id)
  }
  for (const id of wanted) {
    if (!seen.has(id)) findings.push(finderOf(id)('transaction-missing', 'the set lacks it'))
  }
  return findings
}

/** undefined where a clawback's unvault is missing, undecodable or without the output to spend */
function expectationOf(
  plan: VaultPlan,
  scripts: VaultScripts,
  { place, feerate }: Listed,
  decoded: ReadonlyMap<string, DecodedTransaction>,
): Expectation | undefined {
  const pays = scripts.deep_cold.script
  const usual = { pays, sequence: REPLACEABLE, anchored: false, feerate }
  const ofDeposit = { outpoint: plan.deposit.outpoint, spend: depositSpend(plan, scripts), ...usual }
  switch (place.purpose) {
    case 'unvault':
      return { ...ofDeposit, pays: scripts.unvault.script }
    case 'emergency':
      return ofDeposit
    case 'dead-man':
      if (plan.dead_man === null || scripts.staging === null) return undefined
      return { ...ofDeposit, pays: scripts.staging.script, sequence: plan.dead_man.after }
    case 'clawback':
    case 'anyone-can-pay':
    case 'anchored': {
      const coin = unvaultedCoin(plan, scripts, place.variant, decoded)
      if (coin === undefined) return undefined
      const { outpoint, spend } = coin
      const anchored = place.purpose === 'anchored'
      return { ...usual, outpoint, spend: { ...spend, open: place.purpose === 'anyone-can-pay' }, anchored }
    }
    default:
      return assertNever(place)
  }
}

function depositSpend({ deposit, cold }: VaultPlan, scripts: VaultScripts): SpentCoin {
  return { value: deposit.value, wsh: scripts.deposit, branch: 'multi', keys: cold, open: false }
}

function unvaultedCoin(
  { cold }: VaultPlan,
  scripts: VaultScripts,
  variant: number,
  decoded: ReadonlyMap<string, DecodedTransaction>,
): Pick<Expectation, 'outpoint' | 'spend'> | undefined {
  const unvault = decoded.get(transactionIdOf({ purpose: 'unvault', variant }))
  const value = unvault?.outputs[0]?.value
  if (unvault === undefined || value === undefined) return undefined
  const spend = { value, wsh: scripts.unvault, branch: 'cold', keys: cold, open: false } as const
  return { outpoint: outpointOf(unvault.txid, 0), spend }
}
