/** What every member says of an owner's vaults: each speaks for itself, and none is believed alone. */
import { NetworkError } from '@belfry/network'
import type { OwnerAnswer } from '@belfry/protocol'
import { type MemberIndex, SchemaError } from '@belfry/protocol/primitives'
import { printable, wordsOf } from '../printable.ts'
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
        if (answer.answer === 'vaults' && answer.member === member)
          return { member, result: 'answer', answer: fitToPrint(answer) }
        if (answer.answer !== 'refused') return unreadable(member)
        return { member, result: 'refused', ...wordsOf(answer) }
      } catch (error) {
        if (error instanceof SchemaError) return unreadable(member)
        if (!(error instanceof NetworkError) || error.code === 'aborted') throw error
        const { code, message, remedy } = error
        return { member, result: code === 'refused' ? 'refused' : 'unreachable', code, message, remedy }
      }
    }),
  )
}

/** Its other texts are hex or words of closed lists. */
function fitToPrint(answer: VaultsAnswer): VaultsAnswer {
  const vaults = answer.vaults.map((vault) => {
    const incidents = vault.incidents.map(({ incident_id, trigger, status }) => ({
      incident_id,
      trigger,
      status: printable(status),
    }))
    return { ...vault, incidents }
  })
  return { ...answer, vaults }
}

function unreadable(member: MemberIndex): SurveyResult {
  const remedy = 'Use a client of the same major version as the federation.'
  return { member, result: 'refused', code: 'malformed', message: 'its answer cannot be read', remedy }
}
