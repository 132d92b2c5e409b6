/** L1: picks a core at random, puts right what went wrong with it, and demands the clawback. */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { BitcoinNetwork, SimTx } from '../chain/index.ts'
import type { Deal, Owner } from '../federation/index.ts'
import type { SimMember } from '../member/index.ts'
import type { MachineNumber, SimNetwork } from '../network/index.ts'
import type { Random } from '../world/index.ts'
import { calmBitcoin } from './calm.ts'
import type { Faults } from './faults.ts'
import type { Judge } from './judge.ts'

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

/** Of one epoch: who can recover the coin there. */
export interface Guard {
  /** Members of a core for clawback. */
  readonly size: number
  /** Members that may lie. */
  readonly b: number
  /** With whom the vault was enrolled there. */
  readonly owner: Owner
  readonly members: ReadonlyMap<MemberIndex, SimMember>
  readonly network: SimNetwork
  readonly machineOf: (member: MemberIndex) => MachineNumber
  /** Told of what does not hold there. */
  readonly judge: Pick<Judge, 'fail'>
}

export interface HealModules {
  readonly random: Random
  readonly heartbeat_ms: number
  readonly bitcoin: BitcoinNetwork
  readonly faults: Faults
}

/** Whether enough honest members hold shares of a manifest that names this unvault. */
export function isFit(guard: Guard, unvault: SimTx, faults: Faults): boolean {
  return guard.owner.deal.unvaults.some(({ txid }) => txid === unvault.txid) && honestHolders(guard, faults).length >= guard.size
}

/** The members of a core that is well from now on. */
export function heal(guard: Guard, { random, heartbeat_ms, bitcoin, faults }: HealModules): MemberIndex[] {
  const { size, members, network, machineOf } = guard
  const core = random.sample(honestHolders(guard, faults), size)
  bitcoin.faults = calmBitcoin(bitcoin.faults, heartbeat_ms)
  faults.spare(core.map(machineOf))
  network.spare(core)
  bitcoin.catchUp(core.flatMap((index) => members.get(index)?.bitcoind ?? []))
  // One that joined later is no member that faults know of.
  for (const index of core) members.get(index)?.start()
  return core
}

/** Of those that signed a receipt. */
function honestHolders({ owner, members, machineOf }: Guard, faults: Faults): MemberIndex[] {
  return [...owner.receipts.keys()].filter((index) => {
    const member = members.get(index)
    return member?.is_honest && !member.may_contradict && !faults.isDead(machineOf(index))
  })
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
