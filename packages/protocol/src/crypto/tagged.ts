/** Domain-separated hashes: what is signed or named for one purpose can never be taken for another. */
import { type Schema, concat, toCbor, toHex, utf8 } from '../primitives/index.ts'
import type { Hasher } from './ports.ts'

/** Every domain of the protocol, in one place so that none is used twice. */
export const DOMAINS = {
  card: 'belfry/card/v1',
  definition: 'belfry/definition/v1',
  lock: 'belfry/lock/v1',
  message: 'belfry/message/v1',
  message_id: 'belfry/message-id/v1',
  vault: 'belfry/vault/v1',
  manifest: 'belfry/manifest/v1',
  withdraw: 'belfry/withdraw/v1',
  envelope: 'belfry/envelope/v1',
  envelope_bytes: 'belfry/envelope-bytes/v1',
  envelope_key: 'belfry/envelope-key/v1',
  share: 'belfry/share/v1',
  sealed: 'belfry/sealed/v1',
  enrol_info: 'belfry/enrol-info/v1',
  release_info: 'belfry/release-info/v1',
  incident: 'belfry/incident/v1',
  order: 'belfry/order/v1',
  digest: 'belfry/digest/v1',
  evidence: 'belfry/evidence/v1',
} as const

export type Domain = keyof typeof DOMAINS

/** The tagged hash of BIP-340: SHA256(SHA256(tag) ‖ SHA256(tag) ‖ bytes). */
export function taggedHash(hasher: Hasher, domain: Domain, bytes: Uint8Array): Uint8Array {
  const tag = hasher.sha256(utf8(DOMAINS[domain]))
  return hasher.sha256(concat(tag, tag, bytes))
}

/** The tagged hash of a value's canonical encoding, in hex; the caller says which id it is. */
export function hashOf<T>(hasher: Hasher, domain: Domain, schema: Schema<T>, value: T): string {
  return toHex(taggedHash(hasher, domain, toCbor(schema, value)))
}
