/** L1: picks a core at random, puts right what went wrong with it, and demands the clawback. */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { BitcoinNetwork, SimTx } from '../chain/index.ts'
import type { Deal } from '../federation/index.ts'
import type { SimMember } from '../member/index.ts'
import type { SimNetwork } from '../network/index.ts'
import type { Random } from '../world/index.ts'
import { calmBitcoin } from './calm.ts'
import type { Faults } from './faults.ts'

export const L1 = {
  name: 'L1',
  sentence:
    'theft: a core of max(q, t) honest members with verified shares of an armed manifest and the trigger in its chain, ' +
    'connected ≥ 36 blocks before CSV ends, market at or below the top rung, A not broadcast ⇒ K confirms before CSV ends; ' +
    'above the top rung: with fee coins at every member of the core, connected at half the window, A or P confirms',
}

/** Of a window of 144 blocks; in proportion where the window is shorter. */
const CONNECTED_BEFORE_END = 36
/** Blocks that may come while the world is being put right. */
const MARGIN = 2

/** Blocks before the window ends. Above the top rung: when that is due, for then each member may have to be waited for. */
export function healsAt(csv: number, is_dear: boolean): number {
  if (is_dear) return csv - Math.floor(csv / 2)
  return Math.floor((CONNECTED_BEFORE_END * Math.min(csv, 144)) / 144) + MARGIN
}

export interface HealModules {
  readonly random: Random
  readonly network: SimNetwork
  readonly bitcoin: BitcoinNetwork
  readonly members: ReadonlyMap<MemberIndex, SimMember>
  readonly faults: Faults
}

/** The members of the core; null where too few are honest and hold shares. `holders`: those that signed a receipt. */
export function heal(
  { size, heartbeat_ms }: { readonly size: number; readonly heartbeat_ms: number },
  holders: readonly MemberIndex[],
  modules: HealModules,
): MemberIndex[] | null {
  const { random, network, bitcoin, members, faults } = modules
  const honest = holders.filter((index) => members.get(index)?.is_honest && !members.get(index)?.may_contradict)
  if (honest.length < size) return null
  const core = random.sample(honest, size)
  bitcoin.faults = calmBitcoin(bitcoin.faults, heartbeat_ms)
  faults.spare(core)
  network.spare(core)
  bitcoin.catchUp(core.flatMap((index) => members.get(index)?.bitcoind ?? []))
  return core
}

/** Whether the coin came back; null while neither has happened. */
export function outcomeOf(bitcoin: BitcoinNetwork, deal: Deal): 'recovered' | 'lost' | null {
  const last = lastSpend(bitcoin, deal)
  if (last === undefined) return null
  return last.purpose === 'clawback' || last.purpose === 'emergency' ? 'recovered' : 'lost'
}

/** Blocks from the one that decided it to the tip; 0 while nothing has. */
export function outcomeDepth(bitcoin: BitcoinNetwork, deal: Deal): number {
  const { tip } = bitcoin
  const last = lastSpend(bitcoin, deal)
  const height = last && tip.confirmed.get(last.txid)
  return height === undefined ? 0 : tip.ref.height - height + 1
}

function lastSpend({ tip }: BitcoinNetwork, { manifest }: Deal): SimTx | undefined {
  const first = tip.spent.get(manifest.deposit.outpoint)
  return first?.purpose === 'unvault' ? tip.spent.get(first.output) : first
}
