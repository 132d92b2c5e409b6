/** What the owner orders the members of one epoch to do, of every kind that the world knows. */
import type { BlockHash } from '@belfry/protocol/primitives'
import { ancestorAt } from '../chain/index.ts'
import type { Random } from '../world/index.ts'
import { type EpochModules, OWNER_PEER, type SimEpoch } from './epoch.ts'
import { Orders, type OrdersModules } from './orders.ts'
import { TakingBack } from './taking-back.ts'

export interface OwnersOrders {
  /** From now on. */
  readonly begin: () => void
}

interface Modules extends Pick<EpochModules, 'plan' | 'world' | 'bitcoin' | 'suite' | 'owner'> {
  readonly random: (stream: string) => Random
}

/** What a member that has not seen a block takes on its height alone. */
const UNSEEN = '00'.repeat(32) as BlockHash

export function ordersOf(epoch: SimEpoch, { plan, world, bitcoin, suite, owner, random }: Modules): OwnersOrders {
  const { vaults, members, mark, built: { federation: { lock_hash } }, trace } = epoch
  const [first] = vaults.deals
  if (!first) throw new RangeError('the story deals before the owner orders')
  const common = {
    world,
    bitcoin,
    hasher: suite,
    owner,
    members,
    lock_hash,
    enrolRequest: (member, request_id, bytes) => member.onRequest(request_id, OWNER_PEER, 'enrol', bytes),
    // Whoever hands it to a machine may hand it to the wrong one of its seats, too.
    request: (member, request_id, bytes) => {
      for (const seat of mark === '' ? [member] : member.machine.seats) seat.onRequest(request_id, OWNER_PEER, 'command', bytes)
    },
    say: (what) => trace?.say(mark === '' ? what : `${what} under the next lock`),
  } satisfies Partial<OrdersModules>
  const orders = new Orders(plan.swarm, {
    ...common,
    random: random('the owner orders'),
    vault_id: first.manifest.vault_id,
    // A seat of a next lock knows none of the blocks before its start, and others do.
    unseen: (height) => (mark === '' ? null : ancestorAt(bitcoin.tip, height)?.ref.hash) ?? UNSEEN,
    signedManifests: () => vaults.deals.map(({ hash, signed }) => ({ hash, signatures: signed.signatures })),
    nextManifest: () => vaults.deals[1]?.hash ?? null,
  })
  const takingBack = new TakingBack({ ...common, random: random('the owner takes back'), next: () => vaults.deals[1] ?? null })
  return {
    begin() {
      orders.begin()
      takingBack.begin(plan.swarm)
    },
  }
}
