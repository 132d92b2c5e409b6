/** Domain-separated hashes: what is signed or named for one purpose can never be taken for another. */
import { type Schema, concat, toCbor, toHex, utf8 } from '../primitives/index.ts'
import type { Hasher } from './ports.ts'

/** Every domain of the protocol, in one place so that none is used twice. */
export const DOMAINS = {
  card: 'belfry/card/v1',
  definition: 'belfry/definition/v1',
  lock: 'belfry/lock/v1',
  consent: 'belfry/consent/v1',
  message: 'belfry/message/v1',
  message_id: 'belfry/message-id/v1',
  vault: 'belfry/vault/v1',
  manifest: 'belfry/manifest/v1',
  withdraw: 'belfry/withdraw/v1',
  owner_command: 'belfry/owner-command/v1',
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
  guarded: 'belfry/guarded/v1',
  guarded_node: 'belfry/guarded-node/v1',
  block_proof: 'belfry/block-proof/v1',
} as const

export type Domain = keyof typeof DOMAINS

/** Most of what is hashed fits, and to make room for each anew takes longer than to hash it. */
const together = new Uint8Array(4_096)

/** The tagged hash of BIP-340: SHA256(SHA256(tag) ‖ SHA256(tag) ‖ bytes), the parts being the bytes one after the other. */
export function taggedHash(hasher: Hasher, domain: Domain, ...parts: readonly Uint8Array[]): Uint8Array {
  const prefix = prefixOf(hasher, domain)
  let length = prefix.length
  for (const part of parts) length += part.length
  if (length > together.length) return hasher.sha256(concat(prefix, ...parts))
  together.set(prefix)
  let at = prefix.length
  for (const part of parts) {
    together.set(part, at)
    at += part.length
  }
  const hash = hasher.sha256(together.subarray(0, length))
  // It may have been a share, or a key.
  together.fill(0, 0, length)
  return hash
}

/** SHA256(tag) twice, computed once for each hash function: else every hash would cost three. */
const prefixes = new WeakMap<Hasher['sha256'], Map<Domain, Uint8Array>>()

function prefixOf({ sha256 }: Hasher, domain: Domain): Uint8Array {
  let known = prefixes.get(sha256)
  if (!known) prefixes.set(sha256, (known = new Map()))
  let prefix = known.get(domain)
  if (!prefix) {
    const tag = sha256(utf8(DOMAINS[domain]))
    known.set(domain, (prefix = concat(tag, tag)))
  }
  return prefix
}

/** The tagged hash of a value's canonical encoding, in hex; the caller says which id it is. */
export function hashOf<T>(hasher: Hasher, domain: Domain, schema: Schema<T>, value: T): string {
  return toHex(taggedHash(hasher, domain, toCbor(schema, value)))
}
