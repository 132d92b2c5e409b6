/** The core as the loop drives it: one member's state machine. */
import type { WatchedOutpoint } from '../chain/index.ts'
import type { CryptoPorts } from '../crypto/index.ts'
import { READING, type Reading } from '../messages/reading.ts'
import { GuardedSigner } from '../guard/signer.ts'
import { sortedEntries } from '../primitives/index.ts'
import { apply } from '../state/apply.ts'
import { type Durable, durable, emptyDurable } from '../state/durable.ts'
import { record } from '../state/records.ts'
import type { CoreConfig, State } from '../state/turn.ts'
import { emptyVolatile } from '../state/volatile.ts'
import type { Input } from './input.ts'
import { type Output, step } from './step.ts'

export function createCore(config: CoreConfig, ports: CryptoPorts, reading: Reading = READING) {
  const members = config.federation.members.map(({ index }) => index)
  return {
    step: (state: State, input: Input): Output => step(state, input, ports, reading),
    /** A state that goes on from `from` (null: a member that never ran). */
    restore: (from: Durable | null): State => {
      const restored = from ?? emptyDurable()
      return { config, durable: restored, volatile: emptyVolatile(members), signer: new GuardedSigner(ports, config.self, restored) }
    },
    apply,
    durableOf: (state: State): Durable => state.durable,
    record,
    snapshot: durable,
  }
}

/** What restores a log where no member runs: for tools that read a store or write to it. */
export const durablePart = {
  restore: (from: Durable | null): Durable => from ?? emptyDurable(),
  durableOf: (state: Durable): Durable => state,
  apply,
  record,
  snapshot: durable,
}

export type BelfryCore = ReturnType<typeof createCore>

/** Everything to be watched, with what the core believes of it, for the follower at start. */
export function watchedOutpoints(state: Durable): WatchedOutpoint[] {
  return sortedEntries(state.vaults).flatMap(([, vault]) =>
    sortedEntries(vault.coins).map(([outpoint, coin]) => ({
      outpoint,
      mempool_txid: coin.mempool?.txid ?? null,
      confirmed: coin.confirmed && { txid: coin.confirmed.tx.txid, block: coin.confirmed.block },
    })),
  )
}
