/** Rebuilt recovery transactions, in locked memory until they are broadcast and their incident is over. */
import { KeystoreError, type KeystoreErrorCode, type SecretBytes, combineShares, openEnvelope, sha256 } from '@belfry/keystore'
import { type ImmediateEffect, commitToKey, envelopeAad } from '@belfry/protocol'
import type { EnvelopeId, Hash32, Txid } from '@belfry/protocol/primitives'
import { ChainError } from '../chain/errors.ts'
import { transactionId } from './txid.ts'
import type { ShareKeeper } from './share-keeper.ts'

type Rebuild = Extract<ImmediateEffect, { effect: 'rebuild' }>
type RebuildTransaction = Rebuild & { readonly txid: Txid }

/** Subsets tried where all commitments hold and the key does not: a bad dealer is not worth more. */
const MAX_SUBSETS = 32
/** Each takes a locked page; beside the shares, this many stay within 32 MiB. Three rungs of every vault that there can be. */
const MAX_KEPT_TRANSACTIONS = 3_072

/** This process cannot lock more memory: no fault of whoever dealt the shares. */
const NO_MEMORY: ReadonlySet<KeystoreErrorCode> = new Set(['locked-memory-limit', 'memory-not-lockable'])

export class TransactionKeeper {
  readonly #shares: ShareKeeper
  readonly #transactions = new Map<EnvelopeId, SecretBytes>()

  constructor(modules: { shares: ShareKeeper }) {
    this.#shares = modules.shares
  }

  get count(): number {
    return this.#transactions.size
  }

  /**
   * Combines t shares to the key, checks it against its commitment, opens the envelope and checks the txid. Then the shares
   * have served their end.
   * @returns the txid, or `opened` for a drill's envelope; `bad-dealer` where no subset of the shares tried leads there
   */
  async rebuild(effect: Rebuild): Promise<Txid | 'opened' | 'bad-dealer' | 'no-room'> {
    const { txid } = effect
    if (txid !== null && this.#transactions.has(effect.envelope_id)) return txid
    if (this.#transactions.size >= MAX_KEPT_TRANSACTIONS) return 'no-room'
    try {
      return txid === null ? await this.#rehearse(effect) : await this.#rebuild({ ...effect, txid })
    } catch (error) {
      if (error instanceof KeystoreError && NO_MEMORY.has(error.code)) return 'no-room'
      throw error
    }
  }

  /** A drill's envelope: what is in it is worth nothing, and gone as soon as it was seen to open. */
  async #rehearse(effect: Rebuild): Promise<'opened' | 'bad-dealer'> {
    using key = await this.#combine(effect)
    using content = key && openContent(key, effect)
    if (!content) return 'bad-dealer'
    this.#shares.finish(effect.envelope_id)
    return 'opened'
  }

  async #rebuild(effect: RebuildTransaction): Promise<Txid | 'bad-dealer'> {
    using key = await this.#combine(effect)
    const transaction = key && openTransaction(key, effect)
    if (!transaction) return 'bad-dealer'
    // Another rebuild of the same envelope may have finished meanwhile.
    this.#transactions.get(effect.envelope_id)?.wipe()
    this.#transactions.set(effect.envelope_id, transaction)
    // A thousand vaults may be stolen from at once, and each share takes a page as the transaction does.
    this.#shares.finish(effect.envelope_id)
    return effect.txid
  }

  async #combine({ envelope_id, threshold, key_hash }: Rebuild): Promise<SecretBytes | null> {
    const shares = this.#shares.sharesOf(envelope_id)
    let tried = 0
    for (const subset of subsetsOf(shares, threshold)) {
      if (++tried > MAX_SUBSETS) return null
      const key = await combineShares(subset)
      if (isKey(key, key_hash)) return key
      key.wipe()
    }
    return null
  }

  /** Lends the transaction; undefined where none was rebuilt. */
  get(envelope_id: EnvelopeId): SecretBytes | undefined {
    return this.#transactions.get(envelope_id)
  }

  forget(envelope_id: EnvelopeId): void {
    this.#transactions.get(envelope_id)?.wipe()
    this.#transactions.delete(envelope_id)
  }

  wipe(): void {
    for (const envelope_id of this.#transactions.keys()) this.forget(envelope_id)
  }
}

function isKey(key: SecretBytes, key_hash: Hash32): boolean {
  return key.use((bytes) => commitToKey({ sha256 }, bytes)) === key_hash
}

function openTransaction(key: SecretBytes, effect: RebuildTransaction): SecretBytes | null {
  const transaction = openContent(key, effect)
  if (transaction === null) return null
  try {
    if (transaction.use(transactionId) === effect.txid) return transaction
  } catch (error) {
    if (!(error instanceof ChainError)) throw error
  }
  transaction.wipe()
  return null
}

/** Null where the envelope does not open with this key. */
function openContent(key: SecretBytes, { vault_id, generation, envelope_id, txid, envelope }: Rebuild): SecretBytes | null {
  try {
    return openEnvelope(key, envelopeAad({ vault_id, generation, envelope_id, txid }), envelope)
  } catch (error) {
    if (error instanceof KeystoreError && !NO_MEMORY.has(error.code)) return null
    throw error
  }
}

/** Subsets of `size`, the first of the list first. */
function* subsetsOf<T>(items: readonly T[], size: number): Generator<T[]> {
  if (size === 0) {
    yield []
    return
  }
  for (const [index, item] of items.entries()) {
    if (items.length - index < size) return
    for (const rest of subsetsOf(items.slice(index + 1), size - 1)) yield [item, ...rest]
  }
}
