/** All epochs that a node serves at once: the newest does what is done for wallets, each guards the vaults of its own lock. */
import type { FederationLink, Networks } from '@belfry/network'
import type { IncidentId, VaultId } from '@belfry/protocol/primitives'
import type { FeeBumper } from '../broadcast/fee-bumper.ts'
import type { FeeWalletModules } from '../fee-wallet/fee-wallet.ts'
import { needsOf, openIncidents } from '../fee-wallet/index.ts'
import type { ShownNetwork } from '../metrics/index.ts'
import { earlierKeys } from './earlier-keys.ts'
import { networkCountersOf } from './network-counters.ts'
import type { OpenedEpoch } from './open.ts'
import { Seat, type SeatModules, type SeatWallets } from './seat.ts'
import { vaultsThere } from './unserved.ts'

export type SeatsModules = Omit<SeatModules, 'wallets' | 'newest' | 'earlierKeys'>

export class Seats {
  readonly newest: Seat
  readonly older: readonly Seat[]
  readonly #logger: SeatsModules['logger']
  #links: readonly FederationLink[] = []

  /** Nothing runs before `run`. @param epochs the newest first */
  constructor([newest, ...older]: readonly [OpenedEpoch, ...OpenedEpoch[]], modules: SeatsModules, wallets: SeatWallets) {
    const { logger } = modules
    const shared = (at: number) => ({
      ...modules,
      newest: newest.federation,
      earlierKeys: (vault_id: VaultId) => earlierKeys(this.all.slice(at + 1), vault_id),
    })
    this.#logger = logger
    this.newest = new Seat(newest, { ...shared(0), wallets })
    this.older = older.map((epoch, at) => new Seat(epoch, {
      ...shared(at + 1), wallets: null, logger: logger.child({ epoch: epoch.federation.epoch }),
    }))
  }

  /** The newest first. */
  get all(): readonly [Seat, ...Seat[]] {
    return [this.newest, ...this.older]
  }

  /** @param networks with a link for each, in their order */
  run({ links }: Pick<Networks, 'links'>, bumper: FeeBumper): void {
    this.#links = links
    for (const [at, seat] of this.all.entries()) {
      const link = links[at]
      if (link) seat.run(link, bumper)
    }
    for (const { federation: { epoch }, durable } of this.older) {
      if (vaultsThere(durable).length === 0) this.#logger.info('epoch-over', { epoch })
    }
  }

  stop(): void {
    for (const seat of this.all) seat.stop()
  }

  /** Nothing is told of the chain any more when this returns. */
  async stopChains(): Promise<void> {
    await Promise.all(this.all.map(({ chain }) => chain.stop()))
  }

  wipe(): void {
    for (const seat of this.all) seat.wipe()
  }

  /** What the one fee wallet asks: all epochs pay with the same coins. Before a seat runs it has no incident, and needs no coin. */
  feeFacts(): Pick<FeeWalletModules, 'transactions' | 'openIncidents' | 'needs'> {
    const states = () => this.all.flatMap(({ running }) => running ?? [])
    return {
      // An envelope's id says which manifest it is of: no two epochs share one.
      transactions: { get: (id) => this.all.map(({ transactions }) => transactions.get(id)).find((found) => found !== undefined) },
      openIncidents() {
        const all = new Set<IncidentId>()
        for (const state of states()) for (const id of openIncidents(state)) all.add(id)
        return all
      },
      needs() {
        const needs = states().map(needsOf)
        return { anyone_can_pay: needs.some((one) => one.anyone_can_pay), anchored: needs.some((one) => one.anchored) }
      },
    }
  }

  networkCounters(): ShownNetwork {
    return networkCountersOf(this.all.flatMap(({ federation }, at) => {
      const link = this.#links[at]
      return link ? [{ federation, counters: link.counters() }] : []
    }))
  }
}
