import assert from 'node:assert/strict'
import { Psbt, script } from 'bitcoinjs-lib'
import * as fc from 'fast-check'
import { concat, fromHex, sats, toHex } from '@belfry/protocol/primitives'
import {
  buildRecoverySet,
  decodeTransaction,
  MAX_PSBT_BYTES,
  recoverySetFromPsbts,
  signPsbt,
  type SignedRecoverySet,
  toPsbt,
  type VaultPlan,
} from '../../src/index.ts'
import { randomVault, signAll } from '../support/arbitraries.ts'
import { signerOf, testKey, type TestKey } from '../support/keys.ts'
import { COLD, FULL, planOf, request, signedSet } from '../support/plans.ts'
import { onlyVaultErrors, refused } from '../support/refusals.ts'

const PLAN = planOf()
const [C1, C2, C3] = COLD
assert.ok(C1 !== undefined && C2 !== undefined && C3 !== undefined)

/** What one device writes that got the unsigned PSBTs of a plan. */
function device(plan: VaultPlan, key: TestKey): Uint8Array[] {
  return buildRecoverySet(plan).map((unsigned) => signPsbt(plan, toPsbt(unsigned), [key.pub], signerOf([key])))
}

function hexes(set: SignedRecoverySet): string[] {
  return set.transactions.map(({ raw }) => toHex(raw))
}

function first(plan: VaultPlan = PLAN) {
  return buildRecoverySet(plan)[0] ?? assert.fail('an empty set')
}

describe('PSBTs', () => {
  it('of two separate signers give the very bytes that signing directly gives', () => {
    assert.deepEqual(
      hexes(recoverySetFromPsbts(PLAN, [...device(PLAN, C1), ...device(PLAN, C2)])),
      hexes(signedSet(PLAN)),
    )
  })

  it('do so for a full set, with the sighash type of each transaction in its PSBT', () => {
    const plan = planOf(FULL)
    const signed = [...device(plan, C1), ...device(plan, C2)]
    assert.deepEqual(hexes(recoverySetFromPsbts(plan, signed)), hexes(signedSet(plan)))
    for (const unsigned of buildRecoverySet(plan)) {
      const { data, txOutputs } = Psbt.fromBuffer(toPsbt(unsigned))
      assert.equal(data.inputs[0]?.sighashType, unsigned.place.purpose === 'anyone-can-pay' ? 0x81 : 1)
      assert.equal(txOutputs.length, unsigned.place.purpose === 'anchored' ? 2 : 1)
    }
  })

  it('of an anyone-can-pay clawback are refused as changed, or as wrongly signed, where they close it', () => {
    const plan = planOf(FULL)
    const unsigned = buildRecoverySet(plan).find(({ id }) => id === 'anyone-can-pay-1') ?? assert.fail('no A')
    const changed = Psbt.fromBuffer(toPsbt(unsigned))
    const input = changed.data.inputs[0] ?? assert.fail('no input')
    input.sighashType = 1
    refused('psbt-changed', () => recoverySetFromPsbts(plan, [changed.toBuffer()]))
    const closed = Psbt.fromBuffer(toPsbt(unsigned))
    const signature = script.signature.encode(signerOf([C1])(C1.pub, unsigned.sighash), 1)
    closed.updateInput(0, { partialSig: [{ pubkey: fromHex(C1.pub), signature }] })
    refused('signature-invalid', () => recoverySetFromPsbts(plan, [closed.toBuffer()]))
  })

  it('do so for every plan, in any order', () => {
    fc.assert(
      fc.property(randomVault(4), fc.infiniteStream(fc.nat()), (vault, dice) => {
        const all = vault.cold.flatMap((key) => device(vault.plan, key))
        const shuffled = all
          .map((psbt) => ({ psbt, at: dice.next().value ?? 0 }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ psbt }) => psbt)
        assert.deepEqual(hexes(recoverySetFromPsbts(vault.plan, shuffled)), hexes(signAll(vault)))
      }),
      { numRuns: 8, endOnFailure: true },
    )
  })

  it('may travel from one signer to the next', () => {
    const twice = device(PLAN, C3).map((psbt) => signPsbt(PLAN, psbt, [C1.pub], signerOf([C1])))
    const set = recoverySetFromPsbts(PLAN, twice)
    assert.equal(set.transactions.length, 7)
    assert.deepEqual(
      twice.map((psbt) => toHex(signPsbt(PLAN, psbt, [C1.pub, C3.pub], signerOf([C1, C3])))),
      twice.map(toHex),
    )
  })

  it('show the signer the coin and the script, and no derivation', () => {
    const unsigned = first()
    const [input] = Psbt.fromBuffer(toPsbt(unsigned)).data.inputs
    assert.equal(input?.witnessUtxo?.value, unsigned.spends.value)
    assert.deepEqual(input?.witnessScript, unsigned.spends.witness_script)
    assert.equal(input?.sighashType, 1)
    assert.equal(input?.bip32Derivation, undefined)
    assert.deepEqual(toPsbt(unsigned), toPsbt(unsigned))
  })

  it('finalised by a wallet are taken too', () => {
    const plan = planOf(FULL)
    const signed = device(plan, C1).map((bytes) => signPsbt(plan, bytes, [C2.pub], signerOf([C2])))
    const direct = signedSet(plan)
    const finalised = signed.map((bytes, index) => {
      const psbt = Psbt.fromBuffer(bytes)
      const { raw } = direct.transactions[index] ?? assert.fail('shorter')
      const witness = raw.subarray(raw.length - 4 - witnessBytes(raw), raw.length - 4)
      psbt.finalizeInput(0, () => ({ finalScriptSig: undefined, finalScriptWitness: witness }))
      return psbt.toBuffer()
    })
    assert.deepEqual(hexes(recoverySetFromPsbts(plan, finalised)), hexes(direct))
  })

  it('with too few signatures are refused, naming the transaction', () => {
    const error = refused('signatures-missing', () => recoverySetFromPsbts(PLAN, device(PLAN, C1)))
    assert.match(error.message, /unvault-0 has 1 of 2/)
    refused('signatures-missing', () => recoverySetFromPsbts(PLAN, []))
    refused('signatures-missing', () => recoverySetFromPsbts(PLAN, [...device(PLAN, C1), ...device(PLAN, C2).slice(1)]))
  })

  it('of another plan are refused as foreign', () => {
    const other = planOf({ deposit: { ...request().deposit, value: sats(40_000_000) } })
    refused('psbt-foreign', () => recoverySetFromPsbts(PLAN, device(other, C1)))
    refused('psbt-foreign', () => signPsbt(PLAN, toPsbt(first(other)), [C1.pub], signerOf([C1])))
  })

  it('that name another coin, script or sighash type are refused as changed', () => {
    const change = (update: (psbt: Psbt) => void): Uint8Array => {
      const psbt = Psbt.fromBuffer(toPsbt(first()))
      update(psbt)
      return psbt.toBuffer()
    }
    const input = (psbt: Psbt) => psbt.data.inputs[0] ?? assert.fail('no input')
    const { spends } = first()
    const changed = [
      change((psbt) => {
        input(psbt).witnessUtxo = { script: spends.script, value: spends.value - 1n }
      }),
      change((psbt) => {
        input(psbt).witnessUtxo = { script: first().pays.script, value: spends.value }
      }),
      change((psbt) => {
        input(psbt).witnessScript = buildRecoverySet(PLAN)[1]?.spends.witness_script ?? spends.script
      }),
      change((psbt) => {
        input(psbt).sighashType = 0x81
      }),
    ]
    for (const bytes of changed) {
      refused('psbt-changed', () => signPsbt(PLAN, bytes, [C1.pub], signerOf([C1])))
      refused('psbt-changed', () => recoverySetFromPsbts(PLAN, [bytes]))
    }
  })

  it('with a signature of a stranger, or of a cold key on something else, are refused', () => {
    const stranger = testKey('stranger')
    const withSignature = (key: TestKey, digest: Uint8Array, type = 1): Uint8Array => {
      const psbt = Psbt.fromBuffer(toPsbt(first()))
      const signature = script.signature.encode(signerOf([key])(key.pub, digest), type)
      psbt.updateInput(0, { partialSig: [{ pubkey: fromHex(key.pub), signature }] })
      return psbt.toBuffer()
    }
    for (const bytes of [
      withSignature(stranger, first().sighash),
      withSignature(C1, new Uint8Array(32)),
      withSignature(C1, first().sighash, 0x81),
    ]) {
      refused('signature-invalid', () => recoverySetFromPsbts(PLAN, [bytes]))
    }
  })

  it('are not signed with keys that the plan does not know', () => {
    const stranger = testKey('stranger')
    refused('signing-key-unknown', () => signPsbt(PLAN, toPsbt(first()), [stranger.pub], signerOf([stranger])))
  })

  it('survive any bytes', () => {
    const whole = device(PLAN, C1)[0] ?? assert.fail('no PSBT')
    refused('psbt-malformed', () => recoverySetFromPsbts(PLAN, [new Uint8Array(MAX_PSBT_BYTES + 1)]))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        onlyVaultErrors(() => recoverySetFromPsbts(PLAN, [bytes]))
        onlyVaultErrors(() => recoverySetFromPsbts(PLAN, [concat(whole.subarray(0, 5), bytes)]))
      }),
      { numRuns: 50 },
    )
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.uint8Array({ minLength: 1, maxLength: 4 }), (at, bytes) => {
        const damaged = whole.slice()
        damaged.set(bytes.subarray(0, whole.length - at), at)
        onlyVaultErrors(() => recoverySetFromPsbts(PLAN, [damaged]))
        onlyVaultErrors(() => signPsbt(PLAN, damaged, [C2.pub], signerOf([C2])))
      }),
      { numRuns: 150 },
    )
  })
})

/** Of a signed transaction: all that is not in the stripped bytes, marker and flag. A weight counts those four times. */
function witnessBytes(raw: Uint8Array): number {
  const { weight } = decodeTransaction(raw)
  return raw.length - (weight - raw.length) / 3 - 2
}
