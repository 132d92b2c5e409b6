/**
 * What a log line can be about: a closed union, so that alerts and searches can rely on the words. Fields may be added
 * to an event; its name does not change.
 */
import type { NetworkEvent } from '@belfry/network'
import type { TellEvent } from '@belfry/protocol'

/** The node's own, outside core, network and chain. */
export type NodeEvent =
  | 'node-started'
  /** An epoch in which this member takes part; an earlier one that has no vault left to guard may leave the configuration. */
  | 'epoch-served'
  | 'epoch-over'
  /** Vaults are guarded under a lock that is no longer in the configuration: nothing acts on them. */
  | 'epoch-not-served'
  /** This member is not in the newest lock. */
  | 'member-removed'
  /** Members that left, and convicted ones, hold enough shares of vaults to open their recoveries. */
  | 'shares-out-of-hand'
  /** Two locks follow the same one: neither is adopted. */
  | 'two-successors'
  /** The loop, the disk, the chain watcher or an effect failed in a way that ends the node. */
  | 'node-failed'
  /** Little is left of the disk of the data directory; a node whose disk is full ends. */
  | 'disk-nearly-full'
  | 'disk-has-room'
  | 'http-started'
  | 'http-stopped'
  /** A handler threw, which is a bug; or the system could not hand over a connection. */
  | 'http-failed'
  | 'api-token-replaced'
  /** Lists of watched coins are read from the store. */
  | 'watches-loaded'
  /** Something was told of wallets: `movement` says what. */
  | 'movement'
  /** Old blocks are searched for what was added to the list of what is watched. */
  | 'rescan-begun'
  | 'rescan-progress'
  /** bitcoind does not answer, or does not have a block: it is tried again. */
  | 'rescan-waits'
  /** bitcoind has pruned these blocks: what was paid or spent in them is not seen. */
  | 'rescan-blocks-pruned'
  | 'rescan-ended'
  /** The fee wallet is there, or why it is not. */
  | 'fee-wallet-opened'
  | 'fee-wallet-none'
  | 'fee-wallet-failed'
  /** It could not look at its coins now: it tries again with the next block. */
  | 'fee-wallet-waits'
  /** It paid, or did not, for a recovery transaction: `answer` says which. */
  | 'fee-wallet-bump'
  /** It made coins of the wanted sizes out of others. */
  | 'fee-wallet-split'

/** What the chain watcher logs. */
const CHAIN_EVENTS = ['chain-not-followed', 'chain-followed-again', 'zmq-gap', 'zmq-silent', 'blocks-unseen', 'wallets-without-room', 'header-log-gap'] as const
export type ChainLogEvent = (typeof CHAIN_EVENTS)[number]

/** The chain watcher's log takes any word; one that is not in the union is logged as this, as its `detail`. */
export const OTHER_CHAIN_EVENT = 'chain-other'

export type LogEvent = NodeEvent | TellEvent | NetworkEvent | ChainLogEvent | typeof OTHER_CHAIN_EVENT

const CHAIN: ReadonlySet<string> = new Set(CHAIN_EVENTS)

export function isChainLogEvent(event: string): event is ChainLogEvent {
  return CHAIN.has(event)
}
