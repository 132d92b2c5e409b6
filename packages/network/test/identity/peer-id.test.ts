import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { checkPeerId } from '../../src/identity/peer-id.ts'
import { NetworkError, peerIdOf } from '../../src/index.ts'
import { identityNamed } from '../support/identities.ts'

/** Without leading zeros. */
function base58(hex: string): string {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  let text = ''
  for (let rest = BigInt(`0x${hex}`); rest > 0n; rest /= 58n) text = `${alphabet[Number(rest % 58n)]}${text}`
  return text
}

describe('peer ids', () => {
  it('of every node key are taken', () => {
    for (const name of ['a', 'b', 'c']) checkPeerId(identityNamed(name).peerId)
  })

  it('are those of the libp2p specification: base58 of an identity multihash of the protobuf of the key', () => {
    // The public key of the Ed25519 test vector in libp2p's peer-ids.md.
    const publicKey = '1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e'
    assert.equal(peerIdOf(publicKey), `1${base58(`002408011220${publicKey}`)}`)
  })

  it('of another kind, or in another writing, are refused', () => {
    const { peerId } = identityNamed('a')
    const secp256k1 = '16Uiu2HAmTHxgA6XJVHvhVkjkJqCFkPfVcF8wz2wqqZCJyPWsBzYe'
    const long = 'x'.repeat(10_000)
    for (const text of ['', 'hello', peerId.slice(1), peerId.toLowerCase(), secp256k1, ` ${peerId}`, long]) {
      assert.throws(() => checkPeerId(text), { name: 'NetworkError', code: 'bad-identity' })
    }
  })

  it('made of anything are read or refused, never anything else', () => {
    fc.assert(fc.property(fc.string({ maxLength: 80 }), (text) => {
      assert.throws(() => checkPeerId(text), NetworkError)
      assert.throws(() => peerIdOf(text), NetworkError)
    }))
  })
})
