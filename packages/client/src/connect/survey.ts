/** What every member says of an owner's vaults: each speaks for itself, and none is believed alone. */
import { NetworkError } from '@belfry/network'
import type { OwnerAnswer } from '@belfry/protocol'
import { type MemberIndex, SchemaError } from '@belfry/protocol/primitives'
import type { FederationLink } from './federation-link.ts'

export type VaultsAnswer = Extract<OwnerAnswer, { answer: 'vaults' }>

export type SurveyResult =
  | { readonly member: MemberIndex; readonly result: 'answer'; readonly answer: VaultsAnswer }
  | {
      readonly member: MemberIndex
      readonly result: 'refused' | 'unreachable'
      readonly code: string
      readonly message: string
      readonly remedy: string
    }

/** @throws NetworkError aborted */
export async function surveyVaults(link: FederationLink, signal?: AbortSignal): Promise<SurveyResult[]> {
  return Promise.all(
    link.federation.members.map(async ({ index: member }): Promise<SurveyResult> => {
      try {
        const answer = await link.vaults(member, signal)
        if (answer.answer === 'vaults' && answer.member === member) return { member, result: 'answer', answer }
        if (answer.answer !== 'refused') return unreadable(member)
        const { code, message, remedy } = answer
        return { member, result: 'refused', code, message, remedy }
      } catch (error) {
        if (error instanceof SchemaError) return unreadable(member)
        if (!(error instanceof NetworkError) || error.code === 'aborted') throw error
        const { code, message, remedy } = error
        return { member, result: code === 'refused' ? 'refused' : 'unreachable', code, message, remedy }
      }
    }),
  )
}

function unreadable(member: MemberIndex): SurveyResult {
  const remedy = 'Use a client of the same major version as the federation.'
  return { member, result: 'refused', code: 'malformed', message: 'its answer cannot be read', remedy }
}
