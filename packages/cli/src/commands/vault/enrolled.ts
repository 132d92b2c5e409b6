/** What came of an enrolment: whether enough members hold the vault for what was asked, and how that is told. */
import type { Enrolled, Federation, Manifest, MemberIndex, MemberResult, StoredBundle } from '@belfry/client'
import { CliError, usageError } from '../../errors.ts'
import { type Report, list, sentenceList } from '../../output/index.ts'
import { keysJson } from './owner-cards.ts'

/** Where everything lies. */
export interface EnrolmentFiles {
  readonly enrolment: string
  readonly receipts: string
  readonly unvault: string
}

/** How many members must hold the vault before the hot device gets anything. @throws CliError usage */
export function receiptsNeeded({ members, thresholds }: Federation, accepted: number | undefined): number {
  const least = thresholds.clawback.protected
  if (accepted === undefined) return members.length
  if (accepted >= least && accepted <= members.length) return accepted
  throw usageError(
    `With ${accepted} of ${members.length} receipts this vault ${accepted < least ? 'is not protected' : 'is impossible'}.`,
    `Give --accept-receipts a number from ${least} to ${members.length}.`,
  )
}

export function sentenceOf(federation: Federation, result: MemberResult): string {
  const who = nameOf(federation, result.member)
  if (result.result === 'receipt') return `${who}: holds the vault`
  return `${who}: ${result.message} → ${result.remedy}`
}

function nameOf(federation: Federation, index: MemberIndex): string {
  return `${federation.memberOf(index).name} (member ${index})`
}

/**
 * The hot device gets its transactions only when the vault is as safe as it is meant to be.
 * @param unvault what became of its file
 * @throws CliError not-all-receipts, enrolment-ended, not-active
 */
export function requireHeld(
  federation: Federation,
  { results, receipts, states, active }: Enrolled,
  needed: number,
  unvault: string,
): void {
  const { length: n } = federation.members
  if (receipts.length < needed) {
    const missing = results.flatMap((one) =>
      one.result === 'receipt' ? [] : [`${nameOf(federation, one.member)}: ${one.message}`],
    )
    throw new CliError(
      'not-all-receipts',
      `${receipts.length} of ${n} members hold the vault: it is protected, but ${unvault} (${missing.join('; ')}).`,
      `Run the same command again when they answer, or add --accept-receipts ${receipts.length}: ${survival(federation, receipts.length)}.`,
    )
  }
  if (active.length >= needed) return
  requireNotEnded(federation, states, unvault)
  const waiting = states
    .filter(({ state }) => state !== 'active')
    .map(({ member, state }) => `${nameOf(federation, member)}: ${state ?? 'no answer'}`)
  throw new CliError(
    'not-active',
    `The vault is active with ${active.length} of ${n} members so far: it is protected, but ${unvault} (${waiting.join('; ')}).`,
    'Run the same command again when these members answer, or once a new generation has waited its time.',
  )
}

/** What has ended never becomes active again, however often it is sent. @throws CliError enrolment-ended */
function requireNotEnded({ b }: Federation, states: Enrolled['states'], unvault: string): void {
  const ended = states.flatMap(({ state }) => (state === 'superseded' || state === 'withdrawn' || state === 'cancelled' ? [state] : []))
  if (ended.length <= b) return
  throw new CliError(
    'enrolment-ended',
    `The members hold this enrolment as ${sentenceList([...new Set(ended)])}: it stays armed and is not active any more, and ${unvault}.`,
    'Go on with the generation that is active: belfry vault show.',
  )
}

/** Which losses a vault survives that this many members hold. */
export function survival({ thresholds: { clawback } }: Federation, held: number): string {
  const needed = Math.max(clawback.q, clawback.t)
  const spare = held - needed
  if (spare === 0) return `a clawback needs ${needed} of these ${held}, so none of them may be down or false`
  return `a clawback needs ${needed} of these ${held}, so it still works when any ${spare === 1 ? 'one of them is' : `${spare} of them are`} down or false`
}

/** What the owner does next, where the coin is to come once members hold the vault. */
export function fundingLines({ deposit }: Manifest): string[] {
  if (deposit.funding === 'confirmed') return []
  return [
    `Not funded yet, as far as this command knows. Destroy the keys that signed, if that is how it is protected; only then broadcast the transaction that pays ${deposit.value} sat into ${deposit.outpoint}. Members watch for it from now on.`,
    'Once it has confirmed, run belfry vault verify with a bitcoind again: only then can it try the transactions.',
  ]
}

export function reportOf(
  files: Omit<EnrolmentFiles, 'unvault'> & { readonly unvault: string | null },
  federation: Federation,
  { manifest, resumed }: StoredBundle,
  enrolled: Enrolled,
): Report {
  const { manifest_hash, receipts, active } = enrolled
  const members = (indices: readonly MemberIndex[]) =>
    indices.map((index) => ({ index, name: federation.memberOf(index).name }))
  const survives = survival(federation, receipts.length)
  return {
    result: {
      vault_id: manifest.vault_id,
      name: manifest.name,
      manifest_hash,
      generation: manifest.generation,
      resumed,
      protected: enrolled.protected,
      receipts: members(receipts.map(({ member }) => member)),
      active: members(active),
      survives,
      funding: manifest.deposit.funding,
      keys: keysJson(manifest.owner),
      files: { enrolment: files.enrolment, receipts: files.receipts, unvault: files.unvault },
    },
    human: (style) => [
      style(
        'green',
        `${receipts.length} of ${federation.members.length} members hold vault ${manifest.name}; it is protected and active.`,
      ),
      `In words: ${survives}.`,
      ...fundingLines(manifest),
      ...list([
        ['vault', manifest.vault_id],
        ['manifest', manifest_hash],
        ['sent', files.enrolment],
        ['receipts', files.receipts],
        ...(files.unvault === null ? [] : [['for the hot device only', files.unvault] as const]),
      ]),
    ],
  }
}
