/** Drills in words, and as JSON. */
import type { DrillReport, Federation, ToldDrill } from '@belfry/client'
import { memberJson, memberName } from '../../orders/results.ts'
import { type Json, type JsonObject, count } from '../../output/index.ts'

/** What each level rehearses. */
export const LEVELS = [
  'the way of notifications',
  'every member opens its shares, without any leaving it',
  'the whole ladder is tried on a bitcoind at the fees of today',
  'vote, certificate, release and rebuild, with an envelope made for drills',
  'the same as level 4, while members are held back',
] as const

export function reportLine(federation: Federation, { member, receipt }: DrillReport): string {
  const { result, tried, good, height } = receipt
  const who = memberName(federation, member)
  switch (result) {
    case 'no-channel':
      return `${who}: nobody could be notified, at height ${height}`
    case 'good':
    case 'bad':
      return `${who}: ${good} of ${count(tried, receipt.level === 3 ? 'transaction' : 'share')} good, at height ${height}`
    case 'rebuilt':
      return `${who}: rebuilt the drill's envelope, at height ${height}`
  }
}

export function reportJson(federation: Federation, { member, receipt, frame }: DrillReport): JsonObject {
  const { result, tried, good, height } = receipt
  return { member: memberJson(federation, member), result, tried, good, height, frame }
}

export function statusesJson(federation: Federation, { statuses }: ToldDrill): Json {
  return statuses.map(({ member, status }) => ({ member: memberJson(federation, member), status }))
}
