import type { MemberIndex } from '@belfry/protocol/primitives'
import type { BitcoinNetwork, SimBitcoind } from '../../chain/index.ts'
import type { SimMember } from '../../member/index.ts'
import type { SimNetwork } from '../../network/index.ts'
import type { Random, World } from '../../world/index.ts'

/** What a mishap may do, and to whom. */
export interface MishapTools {
  readonly world: World
  /** Of this class of faults alone. */
  readonly random: Random
  readonly network: SimNetwork
  readonly bitcoin: BitcoinNetwork
  readonly members: readonly SimMember[]
  /** Nothing goes wrong any more with this one. */
  readonly isSpared: (member: MemberIndex) => boolean
  /** A siege keeps it so until it is spared. */
  readonly isHeldDown: (member: MemberIndex) => boolean
  readonly isHeldBlind: (bitcoind: SimBitcoind) => boolean
  readonly say: (what: string, member?: MemberIndex) => void
  /** It ends after about as long, or when this member is spared. */
  readonly lasting: (member: SimMember, lasts_ms: number, end: () => void) => void
  readonly restartLater: (member: SimMember) => void
}

/** One thing that goes wrong, each time that it is called. */
export type Mishap = (tools: MishapTools, lasts_ms: number) => void

/** Somebody of these whom nothing spares; null where there is nobody. */
export function victim({ random, isSpared }: MishapTools, members: readonly SimMember[]): SimMember | null {
  const [one] = random.sample(members.filter(({ index }) => !isSpared(index)), 1)
  return one ?? null
}
