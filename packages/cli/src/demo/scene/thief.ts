/** Somebody who got hold of the hot device: its unvault transaction and its key. */
import type { Millis } from '@belfry/client'
import { type BlockHash, type Feerate, type RegtestNode, type Spend, type Txid, buildHotSpend } from '@belfry/client/regtest'
import type { EnrolledVault } from '../vault/enrolled-vault.ts'

/** Enough to be mined at once where nothing competes. sat/kvB. */
const FEERATE = 5_000 as Feerate

export interface Theft {
  readonly txid: Txid
  /** Just before it was given to bitcoind. */
  readonly at_ms: Millis
}

export class Thief {
  readonly #vault: EnrolledVault

  constructor(vault: EnrolledVault) {
    this.#vault = vault
  }

  /** Sends the unvault to one bitcoind, as in life; the others hear of it by relay, in 2 to 11 s. */
  async unvault({ bitcoind }: RegtestNode): Promise<Theft> {
    const { raw } = this.#vault.unvault
    const at_ms = Date.now() as Millis
    return { txid: await bitcoind.sendRawTransaction(raw), at_ms }
  }

  /** What the hot key can do once the window has passed: pay the coin to anybody. */
  hotSpend(to: Uint8Array): Spend {
    const { plan, unvault, keys } = this.#vault
    return buildHotSpend(plan, unvault.txid, to, FEERATE, keys.sign)
  }

  /** A block with the unvault alone, that no mempool saw before. */
  async mineUnvault({ bitcoind }: RegtestNode, address: string): Promise<BlockHash> {
    return await bitcoind.generateBlock(address, [this.#vault.unvault.raw])
  }
}
