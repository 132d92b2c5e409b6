import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { fromHex, toHex } from '@belfry/protocol/primitives'
import { addressOfScript, scriptOfAddress } from '../../src/index.ts'
import { onlyVaultErrors, refused } from '../support/refusals.ts'

describe('addresses', () => {
  it('give the output script of every standard kind', () => {
    // P2PKH, P2SH, P2WPKH (BIP-173), P2WSH (BIP-173), P2TR (BIP-350)
    const known: [string, string][] = [
      ['1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH', '76a914751e76e8199196d454941c45d1b3a323f1433bd688ac'],
      ['3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN', 'a914bcfeb728b584253d5f3f70bcb780e9ef218a68f487'],
      ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', '0014751e76e8199196d454941c45d1b3a323f1433bd6'],
      [
        'bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3',
        '00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262',
      ],
      [
        'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
        '512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
      ],
    ]
    for (const [address, script] of known) {
      assert.equal(toHex(scriptOfAddress(address, 'mainnet')), script)
      assert.equal(addressOfScript(fromHex(script), 'mainnet'), address)
    }
  })

  it('of another network are refused', () => {
    refused('address-invalid', () => scriptOfAddress('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'regtest'))
    refused('address-invalid', () => scriptOfAddress('tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx', 'regtest'))
  })

  it('of a future witness version are refused: anybody could spend there', () => {
    refused('address-invalid', () => scriptOfAddress('bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', 'mainnet'))
    assert.equal(addressOfScript(fromHex('5210751e76e8199196d454941c45d1b3a323'), 'mainnet'), undefined)
  })

  it('in another spelling or with one wrong letter are refused', () => {
    refused('address-invalid', () => scriptOfAddress('BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', 'mainnet'))
    refused('address-invalid', () => scriptOfAddress('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'mainnet'))
    refused('address-invalid', () => scriptOfAddress('1'.repeat(10_000), 'mainnet'))
  })

  it('survive any text and any script', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => onlyVaultErrors(() => scriptOfAddress(text, 'regtest'))),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (script) =>
        onlyVaultErrors(() => addressOfScript(script, 'signet')),
      ),
    )
  })
})
