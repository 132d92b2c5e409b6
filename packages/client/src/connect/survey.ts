/** What every member says of an owner's vaults and drills: each speaks for itself, and none is believed alone. */
import { NetworkError } from '@belfry/network'
import type { Federation, OwnerAnswer } from '@belfry/protocol'
import { type Height, type MemberIndex, SchemaError } from '@belfry/protocol/primitives'
import { printable, wordsOf } from '../printable.ts'
import type { FederationLink } from './federation-link.ts'

export type VaultsAnswer = Extract<OwnerAnswer, { answer: 'vaults' }>
export type DrillsAnswer = Extract<OwnerAnswer, { answer: 'drills' }>

/** One member's answer to a question, or why there is none. */
export type Surveyed<Answer> = { readonly member: MemberIndex; readonly result: 'answer'; readonly answer: Answer } | NoAnswer

export interface NoAnswer {
  readonly member: MemberIndex
  readonly result: 'refused' | 'unreachable'
  readonly code: string
  readonly message: string
  readonly remedy: string
}

export type SurveyResult = Surveyed<VaultsAnswer>

/** @throws NetworkError aborted */
export async function surveyVaults(link: FederationLink, signal?: AbortSignal): Promise<SurveyResult[]> {
  return await survey(
    link,
    (member) => link.vaults(member, signal),
    (answer, member) => (answer.answer === 'vaults' && answer.member === member ? fitToPrint(answer) : null),
  )
}

/** The highest tip that liars alone cannot claim: b+1 members tell it or a higher one. null where fewer tell any. */
export function tipOfMembers({ b }: Pick<Federation, 'b'>, results: readonly SurveyResult[]): Height | null {
  const tips = results.flatMap((one) => (one.result === 'answer' && one.answer.tip !== null ? [one.answer.tip.height] : []))
  return tips.toSorted((one, other) => other - one)[b] ?? null
}

/** Reports are as they came: readStatement checks each. @throws NetworkError aborted */
export async function surveyDrills(link: FederationLink, signal?: AbortSignal): Promise<Surveyed<DrillsAnswer>[]> {
  return await survey(
    link,
    (member) => link.drills(member, signal),
    (answer, member) => (answer.answer === 'drills' && answer.member === member ? answer : null),
  )
}

/**
 * Asks every member at once.
 * @param read null for an answer to another question, or of another member
 */
async function survey<Answer>(
  { federation }: FederationLink,
  ask: (member: MemberIndex) => Promise<OwnerAnswer>,
  read: (answer: OwnerAnswer, member: MemberIndex) => Answer | null,
): Promise<Surveyed<Answer>[]> {
  return await Promise.all(
    federation.members.map(async ({ index: member }): Promise<Surveyed<Answer>> => {
      try {
        const told = await ask(member)
        const answer = read(told, member)
        if (answer !== null) return { member, result: 'answer', answer }
        return told.answer === 'refused' ? { member, result: 'refused', ...wordsOf(told) } : unreadable(member)
      } catch (error) {
        return noAnswer(member, error)
      }
    }),
  )
}

/** What is told of a request that failed. @throws the error, where it is no failure of the request: the caller gave up */
export function noAnswer(member: MemberIndex, error: unknown): NoAnswer {
  if (error instanceof SchemaError) return unreadable(member)
  if (!(error instanceof NetworkError) || error.code === 'aborted') throw error
  const { code, message, remedy } = error
  return { member, result: code === 'refused' ? 'refused' : 'unreachable', code, message, remedy }
}

/** Its other texts are hex or words of closed lists. */
function fitToPrint(answer: VaultsAnswer): VaultsAnswer {
  const vaults = answer.vaults.map((vault) => ({
    ...vault,
    incidents: vault.incidents.map((incident) => ({ ...incident, status: printable(incident.status) })),
  }))
  return { ...answer, vaults }
}

export function unreadable(member: MemberIndex): NoAnswer {
  const remedy = 'Use a client of the same major version as the federation.'
  return { member, result: 'refused', code: 'malformed', message: 'its answer cannot be read', remedy }
}
