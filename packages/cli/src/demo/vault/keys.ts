/** The keys of a vault, all on one machine; with real coins each is on a device of its own. */
import { OwnerKey, type PublicKey, SecretBytes } from '@belfry/client'

const PRIVATE_KEY_BYTES = 32
const COLD_KEYS = 3
/** Of the cold keys, and of the deep-cold ones. */
const THRESHOLD = 2

export class DemoKeys {
  readonly cold: readonly OwnerKey[]
  readonly deepCold: readonly OwnerKey[]
  readonly hot: OwnerKey

  /** @param draw gives a private key each time; wiped after use */
  constructor(draw: () => SecretBytes = () => SecretBytes.random(PRIVATE_KEY_BYTES)) {
    const key = (): OwnerKey => {
      using secret = draw()
      return new OwnerKey(secret)
    }
    this.cold = Array.from({ length: COLD_KEYS }, key)
    this.deepCold = Array.from({ length: COLD_KEYS }, key)
    this.hot = key()
  }

  get coldSet(): { threshold: number; keys: PublicKey[] } {
    return { threshold: THRESHOLD, keys: this.cold.map(publicKeyOf) }
  }

  get deepColdSet(): { threshold: number; keys: PublicKey[] } {
    return { threshold: THRESHOLD, keys: this.deepCold.map(publicKeyOf) }
  }

  get hotKey(): PublicKey {
    return publicKeyOf(this.hot)
  }

  /** As packages/vault asks for signatures. @throws RangeError for a key that is none of these */
  readonly sign = (key: PublicKey, digest: Uint8Array): Uint8Array => {
    const signer = this.#all.find(({ compressedPublicKey }) => compressedPublicKey === key)
    if (signer === undefined) throw new RangeError('this key is none of the vault\'s')
    return signer.signEcdsa(digest)
  }

  wipe(): void {
    for (const key of this.#all) key.wipe()
  }

  get #all(): readonly OwnerKey[] {
    return [...this.cold, ...this.deepCold, this.hot]
  }
}

function publicKeyOf({ compressedPublicKey }: OwnerKey): PublicKey {
  return compressedPublicKey as PublicKey
}
