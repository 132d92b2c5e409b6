import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import * as ecc from 'tiny-secp256k1'
import { concat, fromHex, toHex } from '@belfry/protocol/primitives'
import { type FeeKeys, loadDescriptors, loadFeeKeys } from '../../src/index.ts'

const SEED = new Uint8Array(32).map((_, i) => i)
const HARDENED = 0x8000_0000
const DIGEST = new Uint8Array(32).fill(9)

function pointOf(secret: Uint8Array): Uint8Array {
  return ecc.pointFromScalar(secret, true) ?? assert.fail('not a scalar')
}

/** BIP-32: the private key at this path below SEED. */
function derived(path: readonly number[]): Uint8Array {
  const hmac = (key: Uint8Array, data: Uint8Array) => new Uint8Array(createHmac('sha512', key).update(data).digest())
  const master = hmac(new TextEncoder().encode('Bitcoin seed'), SEED)
  let secret: Uint8Array = master.subarray(0, 32)
  let chain: Uint8Array = master.subarray(32)
  for (const step of path) {
    const index = new Uint8Array(4)
    new DataView(index.buffer).setUint32(0, step)
    const parent = step >= HARDENED ? concat(Uint8Array.of(0), secret) : pointOf(secret)
    const sum = hmac(chain, concat(parent, index))
    secret = ecc.privateAdd(secret, sum.subarray(0, 32)) ?? assert.fail('not a scalar')
    chain = sum.subarray(32)
  }
  return secret
}

describe('the keys of the fee wallet', () => {
  let keys: FeeKeys
  before(async () => {
    keys = await loadFeeKeys()
  })

  it('are those of BIP-84 below the seed, derived here by the rules of BIP-32 alone', () => {
    for (const [network, coin] of [['mainnet', 0], ['regtest', 1], ['signet', 1]] as const) {
      const account = keys.accountOf(SEED, network)
      for (const branch of [0, 1] as const) {
        const secret = derived([84 + HARDENED, coin + HARDENED, HARDENED, branch, 5])
        assert.equal(account.keyAt({ branch, index: 5 }), toHex(pointOf(secret)))
      }
    }
    assert.match(keys.accountOf(SEED, 'mainnet').descriptor, /^wpkh\(\[[0-9a-f]{8}\/84h\/0h\/0h\]xpub/)
    assert.match(keys.accountOf(SEED, 'regtest').descriptor, /\/84h\/1h\/0h\]tpub/)
  })

  it('have the scripts that the descriptor says, on both branches', async () => {
    const reader = await loadDescriptors()
    for (const network of ['mainnet', 'signet', 'regtest'] as const) {
      const account = keys.accountOf(SEED, network)
      const descriptor = reader.parse(account.descriptor, network)
      assert.equal(descriptor.text, account.descriptor)
      for (const branch of [0, 1] as const) {
        for (const index of [0, 1, 7, 1_000_000]) {
          const path = { branch, index }
          assert.deepEqual(descriptor.scriptsAt(branch, index), [account.scriptAt(path)])
        }
      }
    }
  })

  it('sign for their own public key, with a low R', () => {
    const account = keys.accountOf(SEED, 'regtest')
    for (let index = 0; index < 20; index++) {
      const path = { branch: 1, index } as const
      const signature = keys.sign(SEED, 'regtest', path, DIGEST)
      assert.ok(ecc.verify(DIGEST, fromHex(account.keyAt(path)), signature, true))
      assert.ok((signature[0] ?? 0xff) < 0x80)
    }
  })

  it('differ between networks and leave the seed as it was', () => {
    const path = { branch: 0, index: 0 } as const
    assert.notEqual(keys.accountOf(SEED, 'mainnet').keyAt(path), keys.accountOf(SEED, 'regtest').keyAt(path))
    assert.equal(toHex(SEED).slice(0, 8), '00010203')
  })
})
