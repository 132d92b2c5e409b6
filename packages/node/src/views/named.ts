/** Members as people know them. */
import type { Federation } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'

export interface MemberName {
  readonly index: number
  readonly name: string
}

export function named(federation: Federation, index: MemberIndex): MemberName {
  return { index, name: federation.memberOf(index).name }
}

export function namedAll(federation: Federation, members: Iterable<MemberIndex>): MemberName[] {
  return [...members].toSorted((a, b) => a - b).map((index) => named(federation, index))
}

/** `carol (3) and dave (4)` */
export function listed(members: readonly MemberName[]): string {
  const texts = members.map(({ index, name }) => `${name} (${index})`)
  const last = texts.pop() ?? ''
  return texts.length === 0 ? last : `${texts.join(', ')} and ${last}`
}
