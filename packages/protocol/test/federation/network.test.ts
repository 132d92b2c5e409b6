import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { NETWORKS, genesisHashOf } from '../../src/index.ts'

const reversed = (hex: string): Buffer => Buffer.from(Buffer.from(hex, 'hex').toReversed())

/** Merkle roots in RPC order; times, bits and nonces from chainparams.cpp of Bitcoin Core. */
const SATOSHIS_COINBASE = '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b'
const HEADERS = {
  mainnet: { root: SATOSHIS_COINBASE, time: 1_231_006_505, bits: 0x1d00ffff, nonce: 2_083_236_893 },
  testnet4: {
    root: '7aa0a7ae1e223414cb807e40cd57e667b718e42aaf9306db9102fe28912b7b4e',
    time: 1_714_777_860,
    bits: 0x1d00ffff,
    nonce: 393_743_547,
  },
  signet: { root: SATOSHIS_COINBASE, time: 1_598_918_400, bits: 0x1e0377ae, nonce: 52_613_770 },
  regtest: { root: SATOSHIS_COINBASE, time: 1_296_688_602, bits: 0x207fffff, nonce: 2 },
}

describe('network', () => {
  for (const network of NETWORKS) {
    it(`knows the genesis hash of ${network}, hashed here from its header`, () => {
      const { root, time, bits, nonce } = HEADERS[network]
      const header = Buffer.alloc(80)
      header.writeUInt32LE(1, 0)
      reversed(root).copy(header, 36)
      header.writeUInt32LE(time, 68)
      header.writeUInt32LE(bits, 72)
      header.writeUInt32LE(nonce, 76)
      const once = createHash('sha256').update(header).digest()
      const hash = Buffer.from(createHash('sha256').update(once).digest().toReversed()).toString('hex')
      assert.equal(genesisHashOf(network), hash)
    })
  }
})
