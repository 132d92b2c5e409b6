import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { peerIdOf } from '../../src/index.ts'

export interface Identity {
  readonly seed: Uint8Array
  readonly peerId: string
}

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_PREFIX_BYTES = 12

/** The same identity for the same name. */
export function identityNamed(name: string): Identity {
  const seed = new Uint8Array(createHash('sha256').update(name).digest())
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const publicKey = spki.subarray(SPKI_PREFIX_BYTES).toString('hex')
  return { seed, peerId: peerIdOf(publicKey) }
}
