/** A connection to the members that is made when it is first needed: signing on a device without one needs none. */
import { join } from 'node:path'
import { type Federation, FederationLink, type SecretBytes, openNodeKeys } from '@belfry/client'
import { NODE_KEYS } from '../files/names.ts'

export class LazyLink implements AsyncDisposable {
  readonly #open: () => Promise<FederationLink>
  #link: Promise<FederationLink> | null = null

  constructor(federation: Federation, data: string, passphrase: SecretBytes) {
    this.#open = async () => {
      using keys = await openNodeKeys({ path: join(data, NODE_KEYS), passphrase })
      return await FederationLink.open(federation, keys.identitySeed)
    }
  }

  get(): Promise<FederationLink> {
    this.#link ??= this.#open()
    return this.#link
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#link?.catch(() => null))?.close()
  }
}
