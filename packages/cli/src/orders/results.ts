/** How members answered an order. */
import { type CommandResult, type Federation, type MemberIndex, toHex } from '@belfry/client'
import type { JsonObject } from '../output/index.ts'

export function memberName(federation: Federation, index: MemberIndex): string {
  return `${federation.memberOf(index).name} (member ${index})`
}

export function memberJson(federation: Federation, index: MemberIndex): JsonObject {
  return { index, name: federation.memberOf(index).name }
}

const TAKEN = {
  accepted: 'took it',
  held: 'holds it until its chain is as far as the order',
  known: 'had it already',
} as const

export function resultLine(federation: Federation, result: CommandResult): string {
  const who = memberName(federation, result.member)
  switch (result.result) {
    case 'taken':
      return `${who} ${TAKEN[result.state]}, at height ${result.height}`
    case 'destroyed':
      return `${who} signed that it has forgotten the vault, at height ${result.height}`
    case 'refused':
    case 'unreachable':
      return `${who}: ${result.message} → ${result.remedy}`
  }
}

export function resultJson(federation: Federation, result: CommandResult): JsonObject {
  const who = { ...memberJson(federation, result.member), result: result.result }
  switch (result.result) {
    case 'taken':
      return { ...who, state: result.state, height: result.height }
    case 'destroyed':
      return { ...who, height: result.height, receipt: toHex(result.frame) }
    case 'refused':
    case 'unreachable':
      return { ...who, code: result.code, message: result.message, remedy: result.remedy }
  }
}

/** Members that obey it, now or once their chain is as far. */
export function tookIt(results: readonly CommandResult[]): MemberIndex[] {
  return results.flatMap(({ member, result }) => (result === 'taken' ? [member] : []))
}

/** Whether an order is in force: more members say that they have taken it than may lie. Those that only hold it are not heard. */
export function isInForce({ b }: Pick<Federation, 'b'>, results: readonly CommandResult[]): boolean {
  return results.filter((one) => one.result === 'taken' && one.state !== 'held').length > b
}

/** Where it is not. */
export const HELD_SENTENCE = 'It is not in force yet: members hold it until their chains are as far as the order. Look again after the next block.'
