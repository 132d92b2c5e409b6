import type { EnvelopeId } from '@belfry/protocol/primitives'
import type { SimTx } from '../chain/index.ts'
import type { Deal } from '../federation/index.ts'

/** Every deal under one lock, and every transaction of this world by its bytes: what the fakes look up instead of decrypting and parsing. */
export class Vaults {
  readonly #deals: Deal[] = []
  readonly #dealOf = new Map<EnvelopeId, Deal>()
  readonly #txs: Map<string, SimTx>

  /** @param before those of the lock before: a transaction is one of the world, whatever lock it is dealt under */
  constructor(before: Vaults | null = null) {
    this.#txs = before === null ? new Map() : before.#txs
  }

  add(deal: Deal): void {
    this.#deals.push(deal)
    for (const [envelope_id, tx] of deal.recoveries) {
      this.#dealOf.set(envelope_id, deal)
      this.addTx(tx)
    }
    for (const tx of deal.unvaults) this.addTx(tx)
  }

  addTx(tx: SimTx): void {
    this.#txs.set(keyOf(tx.spend.raw), tx)
  }

  get deals(): readonly Deal[] {
    return this.#deals
  }

  dealOf(envelope_id: EnvelopeId): Deal | null {
    return this.#dealOf.get(envelope_id) ?? null
  }

  /** Null for bytes that are no transaction of this world. */
  txOf(raw: Uint8Array): SimTx | null {
    return this.#txs.get(keyOf(raw)) ?? null
  }
}

function keyOf(raw: Uint8Array): string {
  return String.fromCharCode(...raw.subarray(0, 512))
}
