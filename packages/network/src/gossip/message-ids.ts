import { createHash } from 'node:crypto'
import { toHex } from '@belfry/protocol/primitives'

/** Ids of ignored messages that are remembered; older ones count as seen, and then only Pull brings them. */
const IGNORED_MAX = 16_384

/**
 * Gossip ids: the SHA-256 of the data. gossipsub forgets no id for two minutes, whatever the verdict was; so a message
 * ignored because its forwarder was over budget, or because this node was not ready for it, could not come again from
 * anybody else, and one lying forwarder could suppress a vote. Each time a message is ignored it therefore gets a new
 * id here, and the next copy is judged afresh.
 */
export class MessageIds {
  /** digest → how often it was ignored; oldest first. */
  readonly #ignored = new Map<string, number>()

  idOf(data: Uint8Array): Uint8Array {
    const digest = sha256(data)
    const times = this.#ignored.get(toHex(digest))
    return times === undefined ? digest : sha256(digest, Uint8Array.of(times >>> 16, times >>> 8, times))
  }

  ignored(data: Uint8Array): void {
    const key = toHex(sha256(data))
    const times = (this.#ignored.get(key) ?? 0) + 1
    this.#ignored.delete(key)
    this.#ignored.set(key, times)
    const [oldest] = this.#ignored.keys()
    if (this.#ignored.size > IGNORED_MAX && oldest !== undefined) this.#ignored.delete(oldest)
  }
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
