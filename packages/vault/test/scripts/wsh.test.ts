import assert from 'node:assert/strict'
import { crypto, script } from 'bitcoinjs-lib'
import * as fc from 'fast-check'
import { equalBytes, toHex } from '@belfry/protocol/primitives'
import { MAX_KEYS, multisigScript, scriptsOf, unvaultScript, withChecksum } from '../../src/index.ts'
import { compileSane } from '../../src/scripts/miniscript.ts'
import { testKeys } from '../support/keys.ts'
import { COLD, DEEP_COLD, HOT, planOf, pubs } from '../support/plans.ts'
import { refused } from '../support/refusals.ts'

const [c1, c2, c3] = pubs(COLD)

describe('the scripts of a vault', () => {
  it('have exactly the descriptors of the design', () => {
    const { deposit, unvault, deep_cold } = scriptsOf(planOf())
    assert.equal(deposit.descriptor, withChecksum(`wsh(multi(2,${c1},${c2},${c3}))`))
    assert.equal(unvault.descriptor, withChecksum(`wsh(andor(pk(${HOT.pub}),older(144),multi(2,${c1},${c2},${c3})))`))
    assert.equal(deep_cold.descriptor, withChecksum(`wsh(multi(2,${pubs(DEEP_COLD).join(',')}))`))
  })

  it('compile to the script that the unvault needs, opcode by opcode', () => {
    const { witness_script } = scriptsOf(planOf()).unvault
    assert.equal(
      script.toASM(witness_script),
      `${HOT.pub} OP_CHECKSIG OP_NOTIF OP_2 ${c1} ${c2} ${c3} OP_3 OP_CHECKMULTISIG ` +
        // bitcoinjs still prints CHECKSEQUENCEVERIFY by the name that it had before BIP-112.
        'OP_ELSE 9000 OP_NOP3 OP_ENDIF',
    )
  })

  it('have the sizes of the design: 105 and 147 bytes', () => {
    const { deposit, unvault } = scriptsOf(planOf())
    assert.equal(deposit.witness_script.length, 105)
    assert.equal(unvault.witness_script.length, 147)
  })

  it('pay to the hash of the witness script', () => {
    const { script: output, witness_script } = scriptsOf(planOf()).deposit
    assert.equal(toHex(output), `0020${toHex(crypto.sha256(witness_script))}`)
  })

  it('push every CSV minimally, as consensus reads it back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 12, max: 65_535 }), (csv) => {
        const { witness_script } = unvaultScript(HOT.pub, csv, { threshold: 1, keys: pubs(COLD) }, 'regtest')
        const chunks = script.decompile(witness_script) ?? []
        const lock = chunks.at(-3)
        assert.ok(lock !== undefined)
        assert.equal(typeof lock === 'number' ? lock - 0x50 : script.number.decode(lock), csv)
        assert.ok(equalBytes(script.compile(chunks), witness_script))
      }),
    )
  })

  it('compile for every m of n up to fifteen keys', () => {
    const keys = pubs(testKeys('many', MAX_KEYS))
    for (let n = 1; n <= MAX_KEYS; n++) {
      for (let threshold = 1; threshold <= n; threshold++) {
        const { witness_script } = multisigScript({ threshold, keys: keys.slice(0, n) }, 'mainnet')
        assert.equal(witness_script.length, 3 + 34 * n)
      }
    }
  })
})

describe('miniscript', () => {
  it('is refused where it is not sane', () => {
    refused('script-not-sane', () => compileSane('older(144)'))
    refused('script-not-sane', () => compileSane(`multi(1,${c1},${c1})`))
    refused('script-not-sane', () => compileSane(`multi(1,${c1}`))
    refused('script-not-sane', () => compileSane(''))
  })
})
