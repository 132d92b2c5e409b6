import assert from 'node:assert/strict'
import { Transaction } from 'bitcoinjs-lib'
import { outpointOf, parseTxid, sats } from '@belfry/protocol/primitives'
import { checkFunding, scriptsOf, VaultError, type VaultPlan } from '../../src/index.ts'
import { planOf } from '../support/plans.ts'

const VALUE = 50_000_000n
const SCRIPT = scriptsOf(planOf()).deposit.script

interface Choices {
  readonly value?: bigint
  readonly script?: Uint8Array
  readonly witnesses?: readonly boolean[]
}

function funding({ value = VALUE, script = SCRIPT, witnesses = [true, true] }: Choices = {}): Transaction {
  const transaction = new Transaction()
  witnesses.forEach((signed, index) => {
    transaction.addInput(new Uint8Array(32).fill(index + 1), index)
    if (signed) transaction.setWitness(index, [new Uint8Array(71).fill(1), new Uint8Array(33).fill(2)])
  })
  transaction.addOutput(new Uint8Array(22).fill(3), 1_000n)
  transaction.addOutput(script, value)
  return transaction
}

function planAround(transaction: Transaction, vout = 1): VaultPlan {
  const outpoint = outpointOf(parseTxid(transaction.getId()), vout)
  return planOf({ signing: 'ephemeral', deposit: { outpoint, value: sats(VALUE) } })
}

function refusal(plan: VaultPlan, transaction: Transaction): VaultError {
  try {
    checkFunding(plan, transaction.toHex())
  } catch (error) {
    assert.ok(error instanceof VaultError)
    return error
  }
  return assert.fail('it was taken')
}

describe('a funding transaction that is to come', () => {
  it('is what the plan says', () => {
    const transaction = funding()
    checkFunding(planAround(transaction), transaction.toHex())
  })

  it('is refused where its txid, output, value or script is another', () => {
    const transaction = funding()
    assert.match(refusal(planOf(), transaction).message, /the plan's deposit is of 1{64}/)
    assert.match(refusal(planAround(transaction, 7), transaction).message, /it has no output 7/)
    const dearer = funding({ value: VALUE + 1n })
    assert.match(refusal(planAround(dearer), dearer).message, /has 50000001 sat, and the plan says 50000000/)
    const elsewhere = funding({ script: new Uint8Array(34).fill(9) })
    const refused = refusal(planAround(elsewhere), elsewhere)
    assert.match(refused.message, /its output 1 does not pay bcrt1/)
    assert.equal(refused.code, 'funding-unfit')
    assert.match(refused.remedy, /Destroy no key/)
  })

  it('is refused where an input is not signed or is of a coin without segwit, for its txid may change', () => {
    for (const witnesses of [[false], [true, false], [false, true]]) {
      const transaction = funding({ witnesses })
      assert.match(refusal(planAround(transaction), transaction).message, new RegExp(`input ${witnesses.indexOf(false)} .* no witness`))
    }
  })

  it('is refused where it is no transaction', () => {
    const plan = planOf()
    for (const hex of ['', 'zz', 'abc', funding().toHex().slice(2)]) {
      assert.throws(() => checkFunding(plan, hex), (error) => error instanceof VaultError && error.code === 'transaction-malformed')
    }
  })
})
