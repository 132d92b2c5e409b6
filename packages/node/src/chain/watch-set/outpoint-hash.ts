import { type RandomWords, secrets, spread } from './keyed-hash.ts'

/** The word of vout, behind the eight of the txid. */
const VOUT = 8

/**
 * Multilinear like `KeyedHash`, over vout and the first 8 bytes of the txid alone, as whole words: a tenth of the work, and the
 * lookup is most of what scanning a block takes. What it does not promise for any two keys, the txid does for those that can
 * be made, for it is a double SHA-256:
 *
 * - Outputs of one transaction never share a sum: the secret of vout is odd.
 * - Txids that agree in the 8 bytes always share one. To make k of them takes some 2^(64·(k−1)/k) transactions: 2^32 for two,
 *   2^56 for eight.
 * - Others share one with a probability of 2^-(32-t), where t low bits of both words agree: to choose these takes 2^(2t)
 *   transactions for each.
 *
 * Keys that share a sum are searched one after the other, and compared whole.
 */
export class OutpointHash {
  private declare readonly constant: number
  private declare readonly m0: number
  private declare readonly m1: number
  private declare readonly ofVout: number

  constructor(random: RandomWords) {
    const [constant = 0, m0 = 0, m1 = 0, ofVout = 0] = secrets(4, random)
    this.constant = constant
    this.m0 = m0
    this.m1 = m1
    this.ofVout = ofVout | 1
  }

  of(view: DataView, offset: number): number {
    return this.sum(view.getInt32(offset, true), view.getInt32(offset + 4, true), view.getInt32(offset + 4 * VOUT, true))
  }

  /** The same of a key's words. */
  ofWords(key: Int32Array, at: number): number {
    return this.sum(key[at] ?? 0, key[at + 1] ?? 0, key[at + VOUT] ?? 0)
  }

  private sum(w0: number, w1: number, vout: number): number {
    return spread((this.constant + Math.imul(this.m0, w0) + Math.imul(this.m1, w1) + Math.imul(this.ofVout, vout)) | 0)
  }
}
