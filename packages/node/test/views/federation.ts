/** Five members with real keys, and their signed lock. */
import {
  type KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto'
import {
  type CryptoPorts,
  type EncryptionKey,
  Federation,
  type NodeKey,
  assembleLock,
  define,
  makeCard,
  signDefinition,
} from '@belfry/protocol'
import type { Millis } from '@belfry/protocol/primitives'

export const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'] as const
export const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678) as Millis

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest())

function publicHex(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
}

export function privateKey(): KeyObject {
  const { privateKey: key } = generateKeyPairSync('ed25519')
  return createPrivateKey(key.export({ format: 'pem', type: 'pkcs8' }))
}

const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex')

export function portsOf(key: KeyObject): CryptoPorts {
  return {
    sha256,
    sign: (bytes) => new Uint8Array(sign(null, bytes, key)),
    verifyNode: (publicKey, bytes, signature) =>
      verify(
        null,
        bytes,
        createPublicKey({
          key: Buffer.concat([ED25519_SPKI, Buffer.from(publicKey, 'hex')]),
          format: 'der',
          type: 'spki',
        }),
        signature,
      ),
    // Owners are taken at their word here: what they sign is not what these tests are about.
    verifyOwner: () => true,
  }
}

export function federationOf(keys: readonly KeyObject[]): Federation {
  const cards = NAMES.map((name, at) => {
    const key = keys[at] ?? privateKey()
    return makeCard(portsOf(key), {
      role: 'member',
      name,
      node_key: publicHex(key) as NodeKey,
      encryption_key: publicHex(generateKeyPairSync('x25519').privateKey) as EncryptionKey,
      owner_key: null,
      addresses: [],
    })
  })
  const ports = portsOf(privateKey())
  const definition = define(ports, { name: 'Test federation', network: 'regtest', created_at: START_MS, cards })
  const signatures = keys.map((key) => signDefinition(portsOf(key), definition, publicHex(key) as NodeKey))
  return Federation.fromLock(ports, assembleLock(ports, definition, signatures))
}
