/**
 * What the fee wallet has spent, or may have: the limit on what it does on its own. Written before anything is submitted,
 * so that no restart forgets it:
 *
 *   07 00  → version (1) ‖ the whole of it, canonical CBOR
 */
import {
  type Height, type IncidentId, type Infer, type Outpoint, type Sats, SchemaError, type Txid, concat, fromCbor, s, sats,
  toCbor,
} from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import { KEY_SPACES, type RowStore, StoreError } from '../store/index.ts'
import { MAX_BUMPS, MAX_SPLITS } from './limits.ts'

const VERSION = 1
/** Bumps of one coin in one incident, besides the dearest. */
const KEPT_OF_ONE = 8
const KEY = Uint8Array.of(KEY_SPACES.fees, 0)

const bump = s.struct({
  incident_id: s.hex<IncidentId>(32),
  /** A without a coin, or P, as manifests name it: the same in the envelopes of every epoch. */
  recovery: s.txid,
  /** What the recovery transaction spends: of all that pay for one of these, one at most confirms. */
  outpoint: s.outpoint,
  means: s.oneOf('anyone-can-pay', 'anchored'),
  coin: s.outpoint,
  /** The transaction that spends the coin: A with it, or P's child. */
  spender: s.txid,
  /** The transaction that recovers. */
  txid: s.txid,
  /** What it costs the fee wallet. */
  cost: s.sats,
  /** Of A with its coin, or of P and its child. */
  fee: s.sats,
  feerate: s.feerate,
  /** The tip when it was submitted. */
  height: s.height,
})
export type BumpEntry = Infer<typeof bump>

const split = s.struct({ txid: s.txid, cost: s.sats, height: s.height })
export type SplitEntry = Infer<typeof split>

const ledgerSchema = s.struct({ bumps: s.list(bump, MAX_BUMPS), splits: s.list(split, MAX_SPLITS) })

export interface Budget {
  readonly max_sat_per_incident: number
  readonly max_sat_per_window: number
  readonly window_blocks: number
}

export class Ledger {
  readonly #budget: Budget
  #bumps: BumpEntry[]
  #splits: SplitEntry[]

  constructor(budget: Budget, { bumps, splits }: Infer<typeof ledgerSchema> = { bumps: [], splits: [] }) {
    this.#budget = budget
    this.#bumps = [...bumps]
    this.#splits = [...splits]
  }

  /** @throws StoreError `store-damaged` where the row cannot be read: without it nobody knows what was spent */
  static async load(store: Pick<RowStore, 'rows'>, budget: Budget): Promise<Ledger> {
    for await (const { value } of store.rows(KEY)) {
      try {
        if (value[0] === VERSION) return new Ledger(budget, fromCbor(ledgerSchema, value.subarray(1)))
      } catch (error) {
        if (!(error instanceof SchemaError)) throw error
      }
      throw new StoreError('store-damaged', 'the ledger of the fee wallet cannot be read, or a later version wrote it')
    }
    return new Ledger(budget)
  }

  rider(): Rider {
    const value = toCbor(ledgerSchema, { bumps: this.#bumps, splits: this.#splits })
    return { key: KEY, value: concat(Uint8Array.of(VERSION), value) }
  }

  get bumps(): readonly BumpEntry[] {
    return this.#bumps
  }

  get splits(): readonly SplitEntry[] {
    return this.#splits
  }

  /** What could not be remembered is not done: it would count in no limit. */
  get takesBumps(): boolean {
    return this.#bumps.length < MAX_BUMPS
  }

  get takesSplits(): boolean {
    return this.#splits.length < MAX_SPLITS
  }

  /** Bumps of one incident, the last one last. */
  of(incident_id: IncidentId): BumpEntry[] {
    return this.#bumps.filter((entry) => entry.incident_id === incident_id)
  }

  /** The last bump of this outpoint in the incident. */
  last(incident_id: IncidentId, outpoint: Outpoint): BumpEntry | null {
    return this.of(incident_id).findLast((entry) => entry.outpoint === outpoint) ?? null
  }

  /** The most that a bump of this outpoint may cost now; what replaces is counted once, at its dearest. */
  roomFor(incident_id: IncidentId, outpoint: Outpoint, tip: Height): Sats {
    const { max_sat_per_incident, max_sat_per_window } = this.#budget
    const others = this.#bumps.filter((entry) => entry.incident_id !== incident_id || entry.outpoint !== outpoint)
    const incident = BigInt(max_sat_per_incident) - dearest(others.filter((entry) => entry.incident_id === incident_id))
    const window = BigInt(max_sat_per_window) - this.#inWindow(others, tip)
    const room = incident < window ? incident : window
    return room < 0n ? sats(0) : sats(room)
  }

  /** What may go into a split. */
  roomForSplit(tip: Height): Sats {
    const room = BigInt(this.#budget.max_sat_per_window) - this.spentInWindow(tip)
    return room < 0n ? sats(0) : sats(room)
  }

  spentInWindow(tip: Height): Sats {
    return sats(this.#inWindow(this.#bumps, tip))
  }

  /** Of what replaced each other, the dearest and some of the last are all that still counts. */
  addBump(entry: BumpEntry): void {
    const same = this.#bumps.filter(({ incident_id, outpoint }) => incident_id === entry.incident_id && outpoint === entry.outpoint)
    const last = same.slice(-KEPT_OF_ONE)
    const kept = new Set([...last, ...same.toSorted(byCost).slice(-1)])
    this.#bumps = [...this.#bumps.filter((one) => kept.has(one) || !same.includes(one)), entry]
  }

  addSplit(entry: SplitEntry): void {
    this.#splits.push(entry)
  }

  /** The last that was sent so was refused: nothing was spent by that. */
  drop(txid: Txid): void {
    const bump = this.#bumps.findLastIndex(({ spender }) => spender === txid)
    if (bump >= 0) this.#bumps = this.#bumps.toSpliced(bump, 1)
    const split = this.#splits.findLastIndex((entry) => entry.txid === txid)
    if (split >= 0) this.#splits = this.#splits.toSpliced(split, 1)
  }

  /**
   * Forgets what counts in no limit any more.
   * @param waiting what spends coins in the mempool: a split among it may still be replaced
   * @returns whether there was any
   */
  prune(tip: Height, open: ReadonlySet<IncidentId>, waiting: ReadonlySet<Txid>): boolean {
    const before = this.#bumps.length + this.#splits.length
    const isRecent = ({ height }: { readonly height: Height }): boolean => height > tip - this.#budget.window_blocks
    this.#bumps = this.#bumps.filter((entry) => isRecent(entry) || open.has(entry.incident_id))
    this.#splits = this.#splits.filter((entry) => isRecent(entry) || waiting.has(entry.txid))
    return this.#bumps.length + this.#splits.length < before
  }

  #inWindow(bumps: readonly BumpEntry[], tip: Height): bigint {
    const from = tip - this.#budget.window_blocks
    const recent = this.#splits.filter(({ height }) => height > from)
    return dearest(bumps.filter(({ height }) => height > from)) + recent.reduce((sum, { cost }) => sum + cost, 0n)
  }
}

function byCost(a: BumpEntry, b: BumpEntry): number {
  return a.cost < b.cost ? -1 : a.cost > b.cost ? 1 : 0
}

/** Of each outpoint the dearest, which is the most that can confirm. */
function dearest(bumps: readonly BumpEntry[]): bigint {
  const costs = new Map<Outpoint, bigint>()
  for (const { outpoint, cost } of bumps) {
    const before = costs.get(outpoint) ?? 0n
    if (cost > before) costs.set(outpoint, cost)
  }
  return [...costs.values()].reduce((sum, cost) => sum + cost, 0n)
}
